// Drafts, approvals, and undo.

import { axe, check, email, open, person, picture, publish, signUp, until } from '../harness.mjs';

const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const flag = (/** @type {string} */ key) => ({ key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules: [{ criteria: [], value: bool(false) }] }, environments: [] });

/** @type {Part} */
export default {
  async 'a change of a protected environment becomes a draft'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: flag('guarded') });
    await open(Ann, on.url, 'environments');
    const card = Ann.locator('.card', { has: Ann.getByRole('heading', { name: 'Production', exact: true }) });
    await card.getByLabel('Require approval').check();
    await Ann.getByText('Protection of Production updated').waitFor();
    await open(Ann, on.url, 'flags/guarded');
    await Ann.locator('.answer select').selectOption('true');
    await Ann.getByRole('button', { name: 'Review and publish' }).click();
    const dialog = Ann.getByRole('dialog');
    await dialog.getByText('Changes in Production require approval.').waitFor();
    await dialog.getByRole('textbox').fill('we are ready');
    await dialog.getByRole('button', { name: 'Save draft' }).click();
    await Ann.getByText('Waiting for approval by another person.').waitFor();
    check((await Ann.locator('.answer select').inputValue()) === 'false', 'what is published stays');
    const item = await on.manage('GET', '/projects/1/items/guarded');
    check(item.default.rules[0].value.value === false, JSON.stringify(item.default));
    check((await Ann.getByRole('button', { name: 'Approve' }).count()) === 0, 'the author cannot approve the draft');
  },

  async 'a second person opens, approves and publishes the draft'({ on, browser, people }) {
    const invitation = await on.manage('POST', '/projects/1/invitations', { email: email('Dee'), role: 'publisher' });
    const Dee = await person(browser);
    people.Dee = Dee;
    await signUp(Dee, invitation.link.replace(/^https?:\/\/[^/]+/, on.url), 'Dee');
    await open(Dee, on.url, 'flags');
    const row = Dee.locator('.item', { has: Dee.locator('[data-row="guarded"]') });
    await row.getByText('draft', { exact: true }).waitFor();
    await Dee.getByRole('button', { name: '1 draft' }).click();
    await until(async () => (await Dee.locator('.item').count()) === 1, 'the list shows the items with drafts');
    await Dee.locator('[data-row="guarded"]').click();
    const banner = Dee.locator('.banner', { hasText: 'Draft by' });
    await banner.getByText('we are ready').waitFor();
    check((await banner.getByRole('button', { name: 'Publish draft' }).count()) === 0, 'it cannot be published before it was approved');
    await picture(Dee, 'draft');
    const found = await axe(Dee, 'a draft');
    check(!found.length, found.join('\n  '));
    await banner.getByRole('button', { name: 'Open draft' }).click();
    await until(async () => (await Dee.locator('.answer select').inputValue()) === 'true', 'what it would be is shown');
    await Dee.getByRole('button', { name: 'Discard' }).click();
    await Dee.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await Dee.reload();
    await banner.getByRole('button', { name: 'Approve' }).click();
    await banner.getByText('Approved by').waitFor();
    await banner.getByRole('button', { name: 'Publish draft' }).click();
    await Dee.getByText('Published.', { exact: true }).waitFor();
    const item = await on.manage('GET', '/projects/1/items/guarded');
    check(item.default.rules[0].value.value === true, JSON.stringify(item.default));
    const [version] = await on.manage('GET', '/projects/1/items/guarded/versions');
    check(version.comment === 'we are ready', JSON.stringify(version));
    await on.manage('PATCH', '/projects/1/environments/Production', { needsApproval: false });
    await Dee.context().close();
    delete people.Dee;
  },

  async 'a draft without approval is saved, opened again and published'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: flag('sketched') });
    await open(Ann, on.url, 'flags/sketched');
    await Ann.locator('.answer select').selectOption('true');
    await Ann.getByRole('button', { name: 'Save draft' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Save draft' }).click();
    const banner = Ann.locator('.banner', { hasText: 'Draft by' });
    await banner.getByText(/false.* true/).waitFor();
    await Ann.reload();
    await banner.getByRole('button', { name: 'Open draft' }).click();
    await Ann.getByRole('button', { name: 'Review and publish' }).waitFor();
    await Ann.reload();
    await Ann.getByText('Your unpublished changes were restored.').waitFor();
    await publish(Ann, 'out of the drawer');
    const item = await on.manage('GET', '/projects/1/items/sketched');
    check(item.default.rules[0].value.value === true, JSON.stringify(item.default));
  },

  async 'a draft appears on open pages when it is saved, and disappears with it'({ on, browser, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: flag('watched') });
    const invitation = await on.manage('POST', '/projects/1/invitations', { email: email('Fay'), role: 'publisher' });
    const Fay = await person(browser);
    await signUp(Fay, invitation.link.replace(/^https?:\/\/[^/]+/, on.url), 'Fay');
    await open(Fay, on.url, 'flags');
    const row = Fay.locator('.item', { has: Fay.locator('[data-row="watched"]') });
    await row.waitFor();
    const save = async () => {
      await open(Ann, on.url, 'flags/watched');
      await Ann.locator('.answer select').selectOption('true');
      await Ann.getByRole('button', { name: 'Save draft' }).click();
      await Ann.getByRole('dialog').getByRole('button', { name: 'Save draft' }).click();
      await Ann.locator('.banner', { hasText: /false.* true/ }).waitFor();
    };
    const discard = () => Ann.getByRole('button', { name: 'Discard draft' }).click();
    await save();
    await row.getByText('draft', { exact: true }).waitFor();
    await discard();
    await row.getByText('draft', { exact: true }).waitFor({ state: 'detached' });
    await row.locator('[data-row="watched"]').click();
    await Fay.locator('.answer select').waitFor();
    await save();
    const banner = Fay.locator('.banner', { hasText: 'Draft by' });
    await banner.getByText(/false.* true/).waitFor();
    await on.manage('PUT', '/projects/1/items/watched/value', { value: bool(true), environment: 'Staging' });
    await banner.getByText('Based on an older version.').waitFor();
    await discard();
    await banner.waitFor({ state: 'detached' });
    await Fay.context().close();
  },

  async 'undo restores everything that was published'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: flag('undone') });
    await open(Ann, on.url, 'flags/undone');
    await Ann.locator('.answer select').selectOption('true');
    await Ann.getByRole('tab', { name: 'Staging' }).click();
    await Ann.getByRole('button', { name: 'Override in Staging' }).click();
    await Ann.locator('.answer select').selectOption('false');
    await publish(Ann, 'too soon');
    await Ann.getByRole('button', { name: 'Undo' }).click();
    await Ann.getByText('Undone. The previous version is restored.').waitFor();
    await Ann.getByText('Staging uses the default rules').waitFor();
    await Ann.getByRole('tab', { name: /^Default/ }).click();
    check((await Ann.locator('.answer select').inputValue()) === 'false', 'its value is what it was');
    check((await Ann.getByRole('button', { name: 'Undo' }).count()) === 0, 'it is undone once');
    const [newest, before, first] = await on.manage('GET', '/projects/1/items/undone/versions');
    check(newest.comment === 'Undo' && before.comment === 'too soon' && first.previousId === null, JSON.stringify([newest, before, first]));
    const item = await on.manage('GET', '/projects/1/items/undone');
    check(item.environments.length === 0, JSON.stringify(item.environments));
  },
};
