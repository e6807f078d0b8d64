// Getting started: sign-up, the first key, the first flag, and the first client.

import { check, open, person, publish, signUp, until } from '../harness.mjs';
import { client } from '../server.mjs';

/** @type {Part} */
export default {
  async 'the first person signs up and sees how to get started'({ on, browser, people }) {
    const ann = await person(browser);
    await signUp(ann, on.signUp, 'Ann');
    await ann.getByRole('heading', { name: 'Get started', exact: true }).waitFor();
    await ann.getByText('Waiting for the first client to connect').waitFor();
    people.Ann = ann;
  },

  async 'a key is created and kept, and the first client is shown'({ on, people: { Ann } }) {
    await Ann.getByRole('button', { name: 'Create key' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
    const shown = Ann.locator('pre', { hasText: 'PREFAB_API_KEY' });
    await until(async () => /PREFAB_API_KEY=\d+-Development/.test(await shown.innerText()), 'the real key is shown');
    check((await shown.innerText()).includes(`PREFAB_API_URL=${on.url}`), 'the real address is shown');
    const one = await client(on, 'Development');
    await Ann.getByText('First client connected.').waitFor();
    await one.close();
    const key = /PREFAB_API_KEY=(\S+)/.exec(await shown.innerText())?.[1] ?? '';
    await Ann.getByRole('link', { name: 'Segments' }).click();
    await Ann.getByRole('heading', { name: 'Segments', exact: true }).waitFor();
    await Ann.getByRole('link', { name: 'Get started' }).click();
    await until(async () => (await shown.innerText()).includes(key), 'the key is still shown after another page');
  },

  async 'a flag is created, published, delivered, explained and undone'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags');
    await Ann.getByText('No flags yet').waitFor();
    await Ann.locator('.empty').getByRole('button', { name: 'Create flag' }).click();
    await Ann.getByRole('dialog').getByLabel('Key').fill('new-checkout');
    await Ann.getByRole('dialog').getByRole('button', { name: 'Create flag' }).click();
    await Ann.getByRole('heading', { name: 'new-checkout' }).waitFor();
    const one = await client(on, 'Development');
    await Ann.locator('.answer select').selectOption('true');
    const diff = await publish(Ann, 'we are ready');
    check(/false for everyone/.test(diff) && /true for everyone/.test(diff), `the diff is shown: ${diff}`);
    await Ann.getByText('Development: 1 of 1 clients updated').waitFor();
    await one.close();
    await Ann.getByRole('link', { name: 'Test' }).click();
    await Ann.locator('.chip.on', { hasText: 'true' }).waitFor();
    await Ann.goBack();
    await Ann.locator('.answer select').selectOption('false');
    await publish(Ann);
    await Ann.getByRole('button', { name: 'Undo' }).click();
    await until(async () => (await Ann.locator('.answer select').inputValue()) === 'true', 'the version before is back');
    const item = await on.manage('GET', '/projects/1/items/new-checkout');
    check(item.default.rules[0].value.value === true, JSON.stringify(item));
  },

  async 'the list is filtered and opened by keyboard alone'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags');
    await Ann.locator('[data-row="new-checkout"]').waitFor();
    await Ann.keyboard.press('/');
    await Ann.keyboard.type('nothing-like-this');
    await Ann.getByText('No results for').waitFor();
    await Ann.locator('#search').fill('checkout');
    await Ann.keyboard.press('ArrowDown');
    check((await Ann.evaluate(() => /** @type {OptionalElement} */ (document.activeElement)?.dataset.row)) === 'new-checkout', 'the row has the focus');
    await Ann.keyboard.press('Enter');
    await Ann.getByRole('heading', { name: 'new-checkout' }).waitFor();
  },

  async 'addresses that the official command-line tool prints open the right page'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'configs/new-checkout?environment=Production');
    await until(() => /\/flags\/new-checkout/.test(Ann.url()), 'the flag opens on its own page');
    check((await Ann.getByRole('tab', { name: 'Production' }).getAttribute('aria-selected')) === 'true' || /environment=Production/.test(Ann.url()), 'the environment is chosen');
  },
};
