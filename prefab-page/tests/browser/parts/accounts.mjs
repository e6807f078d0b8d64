// Management tokens, passwords, and deleted accounts.

import { check, email, open, password, person, until } from '../harness.mjs';
import { invite } from './collaboration.mjs';

/** @type {(on: Server, token: string, method?: string) => Promise<number>} */
async function ask(on, token, method = 'GET') {
  const response = await fetch(`${on.url}/api/manage/v1/projects/1/${method === 'GET' ? 'items' : 'environments'}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: method === 'GET' ? undefined : '{"name": "Never"}' });
  return response.status;
}

/** @type {(page: Page, mail: string, word: string) => Promise<void>} */
async function signIn(page, mail, word) {
  await page.getByLabel('E-mail').fill(mail);
  await page.getByLabel('Password').fill(word);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** @type {Part} */
export default {
  async 'a management token is created, shown once, limited by its role, and revoked'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'keys');
    await Ann.getByRole('button', { name: 'New token' }).click();
    const dialog = Ann.getByRole('dialog');
    await dialog.getByLabel('Name').fill('release script');
    await dialog.getByRole('checkbox', { name: 'Production' }).uncheck();
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await Ann.getByText('Copy it now').waitFor();
    const token = await Ann.getByRole('dialog').locator('pre').innerText();
    await Ann.getByRole('button', { name: 'Done' }).click();
    check((await ask(on, token)) === 200 && (await ask(on, token, 'POST')) === 403, 'it looks, and does not make environments');
    const row = Ann.locator('tr', { hasText: 'release script' });
    await row.getByText('publisher in Development, publisher in Staging').waitFor();
    await row.getByText(/^expires in/).waitFor();
    check(!(await Ann.content()).includes(token), 'it is nowhere on the page any more');
    await row.getByRole('button', { name: /^Revoke token/ }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('Revoked').waitFor();
    check((await ask(on, token)) === 401, 'it is turned away');
  },

  async 'a password is changed, which ends the other sessions'(world) {
    const { on, browser, people } = world;
    await invite(world, 'Mia', 'editor');
    const { Mia } = people;
    const elsewhere = await person(browser);
    await elsewhere.goto(on.url);
    await signIn(elsewhere, email('Mia'), password('Mia'));
    await elsewhere.locator('#nav').waitFor({ state: 'attached' });
    await open(Mia, on.url, 'flags');
    await Mia.getByRole('button', { name: 'Account of Mia' }).click();
    await Mia.getByRole('link', { name: 'Account', exact: true }).click();
    await Mia.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    await Mia.getByLabel('Current password').fill('something else');
    await Mia.getByLabel('New password').fill('another good password');
    await Mia.getByRole('button', { name: 'Change password' }).click();
    await Mia.locator('.wrong:not(:empty)').waitFor();
    await Mia.getByLabel('Current password').fill(password('Mia'));
    await Mia.getByRole('button', { name: 'Change password' }).click();
    await Mia.getByText('Password changed.').waitFor();
    await elsewhere.reload();
    await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(elsewhere, email('Mia'), 'another good password');
    await elsewhere.locator('#nav').waitFor({ state: 'attached' });
    await elsewhere.context().close();
  },

  async 'a person without a project sees offers, and can join or sign out'(world) {
    const { on, people } = world;
    await invite(world, 'Zoe', 'viewer');
    const { Zoe } = people;
    /** @type {() => Promise<Person>} */
    const member = async () => (await on.manage('GET', '/projects/1/people')).find((/** @type {Person} */ one) => one.email === email('Zoe'));
    const remove = async () => on.manage('DELETE', `/projects/1/people/${(await member()).id}`);
    const offer = () => on.manage('POST', '/projects/1/people', { email: email('Zoe'), role: 'viewer', environments: [{ environment: 'Staging', role: 'editor' }] });
    await remove();
    await Zoe.goto(on.url);
    await Zoe.getByRole('heading', { name: 'You are not in a project' }).waitFor();
    await Zoe.getByText('Ask an admin of a project to add you.').waitFor();
    await offer();
    await Zoe.reload();
    await Zoe.getByText('viewer, editor in Staging').waitFor();
    await remove();
    await Zoe.getByRole('button', { name: /^Join/ }).click();
    await Zoe.locator('#toasts .bad').waitFor();
    await offer();
    await Zoe.reload();
    await Zoe.getByRole('button', { name: /^Join/ }).click();
    await Zoe.locator('#nav').waitFor({ state: 'attached' });
    await remove();
    await Zoe.goto(on.url);
    await Zoe.getByRole('button', { name: 'Sign out' }).click();
    await Zoe.getByRole('heading', { name: 'Sign in' }).waitFor();
    await Zoe.context().close();
    delete people.Zoe;
  },

  async 'an admin creates a password link, which works once'({ on, browser, people: { Ann, Mia } }) {
    await open(Ann, on.url, 'people');
    await Ann.getByRole('button', { name: 'Reset password of Mia' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Create link' }).click();
    await Ann.getByText('Share this link yourself').waitFor();
    const link = await Ann.getByRole('dialog').locator('pre').innerText();
    await Ann.getByRole('button', { name: 'Done' }).click();
    const later = await person(browser);
    await later.goto(link);
    await later.getByLabel('New password').fill('a third good password');
    await later.getByRole('button', { name: 'Set password' }).click();
    await later.locator('#nav').waitFor({ state: 'attached' });
    check(!later.url().includes('token'), 'the link is gone from the address');
    await later.context().close();
    await Mia.goto(link);
    await Mia.getByLabel('New password').fill('a fourth good password');
    await Mia.getByRole('button', { name: 'Set password' }).click();
    await Mia.locator('.wrong:not(:empty)').waitFor();
    await Mia.goto(on.url);
    await signIn(Mia, email('Mia'), 'a third good password');
    await Mia.locator('#nav').waitFor({ state: 'attached' });
  },

  async 'the last admin cannot delete the account; other people can'({ on, people: { Ann, Mia } }) {
    const leave = async (/** @type {Page} */ page, /** @type {string} */ word) => {
      await open(page, on.url, 'account');
      await page.getByRole('button', { name: 'Delete account' }).click();
      await page.getByRole('dialog').getByLabel('Password').fill(word);
      await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
    };
    await leave(Ann, password('Ann'));
    await Ann.getByRole('dialog').locator('.wrong:not(:empty)').waitFor();
    await Ann.keyboard.press('Escape');
    await leave(Mia, 'a third good password');
    await Mia.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(Mia, email('Mia'), 'a third good password');
    await Mia.getByText('Incorrect credentials.').waitFor();
    await Mia.context().close();
    await open(Ann, on.url, 'people');
    await until(async () => (await Ann.getByText(email('Mia')).count()) === 0, 'Mia is not among the people');
    await open(Ann, on.url, 'audit');
    await Ann.locator('.audit tbody tr', { hasText: email('Mia') }).first().waitFor();
  },
};
