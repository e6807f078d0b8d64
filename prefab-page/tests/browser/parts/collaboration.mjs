// Several people: concurrent edits, read-only access, and expired sessions.

import { check, email, open, password, person, publish, signUp, until } from '../harness.mjs';

/** @type {(world: World, name: string, role: Role) => Promise<void>} */
export async function invite({ on, browser, people }, name, role) {
  await open(people.Ann, on.url, 'people');
  await people.Ann.getByRole('button', { name: 'Invite person' }).click();
  const dialog = people.Ann.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill(email(name));
  await dialog.getByLabel('Role').selectOption(role);
  await dialog.getByRole('button', { name: 'Invite' }).click();
  const link = await people.Ann.getByRole('dialog').locator('pre').innerText();
  await people.Ann.getByRole('button', { name: 'Done' }).click();
  const page = await person(browser);
  await signUp(page, link.replace(/^https?:\/\/[^/]+/, on.url), name);
  people[name] = page;
}

/** @type {Part} */
export default {
  async 'people are invited'(world) {
    await invite(world, 'Bea', 'publisher');
    await invite(world, 'Vic', 'viewer');
    await open(world.people.Ann, world.on.url, 'people');
    await world.people.Ann.getByRole('cell', { name: 'bea@acme.test' }).waitFor();
  },

  async 'two people edit one flag: the second is notified, and both changes are kept'({ on, people: { Ann, Bea } }) {
    for (const page of [Ann, Bea]) await open(page, on.url, 'flags/new-checkout');
    await Bea.getByRole('tab', { name: 'Production' }).click();
    await Bea.getByRole('button', { name: 'Override in Production' }).click();
    await Bea.locator('.answer select').selectOption('false');
    await Ann.getByRole('tab', { name: 'Staging' }).click();
    await Ann.getByRole('button', { name: 'Override in Staging' }).click();
    await Ann.getByRole('button', { name: 'Percentage rollout' }).click();
    await publish(Ann, 'a first share');
    await Bea.getByText('This was changed while you were editing').waitFor();
    await Bea.getByRole('button', { name: 'Compare', exact: true }).click();
    await Bea.getByRole('dialog').getByText('a first share').waitFor();
    await Bea.getByRole('button', { name: 'Keep both, mine wins' }).click();
    await publish(Bea);
    const item = await on.manage('GET', '/projects/1/items/new-checkout');
    check(item.environments.length === 2, `both changes are there: ${JSON.stringify(item.environments)}`);
  },

  async 'publishing over a newer version is refused'({ on, people: { Bea } }) {
    await open(Bea, on.url, 'flags/new-checkout');
    await Bea.getByRole('tab', { name: 'Production' }).click();
    await Bea.locator('.answer select').selectOption('true');
    await Bea.getByRole('button', { name: 'Review and publish' }).click();
    await on.manage('PUT', '/projects/1/items/new-checkout/value', { value: { type: 'bool', value: false }, environment: 'Production', comment: 'at the same time' });
    await Bea.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await Bea.getByRole('heading', { name: 'This was changed while you were editing' }).waitFor();
    await Bea.getByText('Both of you changed').or(Bea.getByRole('dialog').getByText('at the same time').first()).first().waitFor();
    await Bea.getByRole('button', { name: 'Keep both, mine wins' }).click();
    await publish(Bea);
  },

  async 'a viewer cannot publish'({ on, people: { Vic } }) {
    await open(Vic, on.url, 'flags/new-checkout');
    await Vic.getByText('Read-only access').waitFor();
    check((await Vic.locator('#section').locator('input, select, textarea').count()) === 0, 'rules are sentences, not disabled fields');
    check((await Vic.getByRole('link', { name: 'API keys' }).count()) === 0, 'API keys are for admins');
    check((await Vic.getByRole('button', { name: 'Review and publish' }).count()) === 0, 'there is nothing to publish with');
    await open(Vic, on.url, 'flags');
    check((await Vic.getByRole('button', { name: 'New flag' }).count()) === 0, 'there is nothing to make');
    const status = await Vic.evaluate(async () => {
      const { csrf } = await (await fetch('/api/manage/v1/session')).json();
      const answer = await fetch('/api/manage/v1/projects/1/items/new-checkout', { method: 'DELETE', headers: { 'x-prefab-csrf': csrf } });
      return answer.status;
    });
    check(status === 403, `the server refuses it too: ${status}`);
  },

  async 'an edit survives an expired session'({ on, people: { Bea } }) {
    await on.manage('POST', '/projects/1/items', { item: { key: 'greeting', type: 'config', valueType: 'string', default: { rules: [{ criteria: [], value: { type: 'string', value: 'hello' } }] }, environments: [] } });
    await open(Bea, on.url, 'configs/greeting');
    await Bea.getByRole('complementary').getByRole('link', { name: 'Open' }).waitFor();
    await Bea.getByLabel('Value').fill('typed before the session ended');
    await Bea.context().clearCookies();
    await Bea.getByRole('button', { name: 'Review and publish' }).click();
    await Bea.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await Bea.getByText('Your session has expired').waitFor();
    const again = Bea.getByRole('dialog', { name: 'Sign in again' });
    await again.getByLabel('E-mail').fill(email('Bea'));
    await again.getByLabel('Password').fill(password('Bea'));
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    await Bea.getByText('Published.', { exact: true }).waitFor();
    const item = await on.manage('GET', '/projects/1/items/greeting');
    check(item.default.rules[0].value.value === 'typed before the session ended', JSON.stringify(item.default));
  },

  async 'an edit survives a reload'({ on, people: { Bea } }) {
    await open(Bea, on.url, 'configs/greeting');
    await Bea.getByLabel('Value').fill('half a sentence');
    await Bea.reload();
    await Bea.getByText('Your unpublished changes were restored.').waitFor();
    check((await Bea.getByLabel('Value').inputValue()) === 'half a sentence', 'it is still there');
    await Bea.getByRole('button', { name: 'Discard' }).click();
    await Bea.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await until(async () => (await Bea.getByLabel('Value').inputValue()) === 'typed before the session ended', 'discarded');
  },
};
