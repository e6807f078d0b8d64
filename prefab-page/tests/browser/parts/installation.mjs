// The installation: owners, invitations and backups. Also what only some people may do: reset passwords, and reveal values.

import fs from 'node:fs';

import { asPerson, check, open, until } from '../harness.mjs';

/** @type {Part} */
export default {
  async 'an owner makes another owner, and decides who may invite'({ on, people: { Ann, Bea } }) {
    await open(Ann, on.url, 'flags');
    await Ann.getByRole('link', { name: 'Installation' }).click();
    await Ann.getByText('The last owner cannot be removed.').waitFor();
    await Ann.getByLabel('Member of this project').selectOption({ label: 'Bea (bea@acme.test)' });
    await Ann.getByRole('button', { name: 'Make owner' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Make owner' }).click();
    await Ann.getByRole('button', { name: 'Remove owner Bea' }).waitFor();
    await open(Bea, on.url, 'installation');
    await Bea.getByLabel('People without an account are invited by').selectOption('owners');
    await Bea.getByText('Saved.').waitFor();
    const installation = await asPerson(Ann)('GET', '/installation');
    check(installation.inviters === 'owners' && installation.owners.length === 2, JSON.stringify(installation));
    await Bea.getByLabel('People without an account are invited by').selectOption('admins');
    await until(async () => (await asPerson(Ann)('GET', '/installation')).inviters === 'admins', 'admins invite again');
  },

  async 'an owner downloads a backup'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'installation');
    const [download] = await Promise.all([Ann.waitForEvent('download'), Ann.getByRole('link', { name: 'Download backup' }).click()]);
    check(/^prefab-\d+\.db$/.test(download.suggestedFilename()), download.suggestedFilename());
    const content = fs.readFileSync(await download.path());
    check(content.subarray(0, 15).toString() === 'SQLite format 3', 'it is a database');
  },

  async 'a former owner and other people do not see the installation'({ on, people: { Ann, Bea, Vic } }) {
    await open(Ann, on.url, 'installation');
    await Ann.getByRole('button', { name: 'Remove owner Bea' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Remove owner' }).click();
    await Ann.getByText('The last owner cannot be removed.').waitFor();
    for (const page of [Bea, Vic]) {
      await open(page, on.url, 'flags');
      check(await page.getByRole('link', { name: 'Installation' }).count() === 0, 'no link');
      await open(page, on.url, 'installation');
      await page.getByText('this requires an owner of the installation').waitFor();
    }
  },

  async 'a password reset is offered only where it is allowed'({ on, people: { Ann, Bea } }) {
    await open(Ann, on.url, 'people');
    await Ann.getByRole('button', { name: 'Reset password of Bea' }).waitFor();
    await open(Bea, on.url, 'people');
    await Bea.getByRole('cell', { name: 'ann@acme.test' }).waitFor();
    check(await Bea.getByRole('button', { name: /^Reset password/ }).count() === 0, 'Bea is not an admin');
    const people = await asPerson(Ann)('GET', '/projects/1/people');
    const bea = people.find((/** @type {Person} */ one) => one.name === 'Bea');
    await asPerson(Ann)('PATCH', `/projects/1/people/${bea.id}`, { role: 'admin' });
    await open(Bea, on.url, 'people');
    await Bea.getByRole('button', { name: 'Reset password of Vic' }).waitFor();
    check(await Bea.getByRole('button', { name: 'Reset password of Ann' }).count() === 0, 'Ann is an owner');
    await asPerson(Ann)('PATCH', `/projects/1/people/${bea.id}`, { role: 'publisher' });
    await Bea.reload();
  },

  async 'a publisher reveals a confidential value, which the audit log records'({ on, people: { Ann, Vic } }) {
    const rules = [{ criteria: [], value: { type: 'int', value: 4711, confidential: true } }];
    await on.manage('POST', '/projects/1/items', { item: { key: 'door-code', type: 'config', valueType: 'int', default: { rules }, environments: [] } });
    await open(Ann, on.url, 'configs/door-code');
    await Ann.getByRole('button', { name: 'Reveal Value' }).click();
    await Ann.getByText('4711', { exact: true }).waitFor();
    check(!await Ann.getByRole('button', { name: 'Review and publish' }).isVisible(), 'nothing has changed');
    await Ann.getByRole('button', { name: 'Hide' }).click();
    check(await Ann.getByText('4711').count() === 0, 'it is hidden again');
    await open(Vic, on.url, 'configs/door-code');
    await Vic.locator('.sentence', { hasText: '[confidential]' }).waitFor();
    check(await Vic.getByRole('button', { name: /^Reveal/ }).count() === 0, 'a viewer has no button');
    await open(Ann, on.url, 'audit');
    await Ann.locator('.audit tbody tr', { hasText: 'revealed the confidential values of' }).first().waitFor();
  },
};
