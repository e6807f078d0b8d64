// Environments, API keys, import and export, and the audit log.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { check, open, publish, until } from '../harness.mjs';

/** @type {(value: string) => {criteria: [], value: Flat}[]} */
const everyone = (value) => [{ criteria: [], value: { type: 'string', value } }];

/** @type {Part} */
export default {
  async 'two environments are compared, and selected keys are copied'({ on, people: { Ann } }) {
    const { environments } = await on.manage('GET', '/projects/1');
    const id = (/** @type {string} */ name) => environments.find((/** @type {Environment} */ one) => one.name === name).id;
    for (const key of ['banner', 'footer']) {
      await on.manage('POST', '/projects/1/items', { item: { key, type: 'config', valueType: 'string', default: { rules: everyone('plain') }, environments: [{ id: id('Staging'), rules: everyone(`new ${key}`) }] } });
    }
    await open(Ann, on.url, 'environments');
    await Ann.getByLabel('Left').selectOption(id('Staging'));
    await Ann.getByLabel('Right').selectOption(id('Production'));
    const row = Ann.locator('tr', { hasText: 'banner' });
    await row.getByText('new banner').first().waitFor();
    await row.getByText('uses the default rules').waitFor();
    await Ann.getByRole('button', { name: 'Copy selected keys' }).click();
    await Ann.getByText('Select at least one key to copy.').waitFor();
    await row.getByRole('checkbox', { name: 'Copy banner' }).check();
    await Ann.getByRole('button', { name: 'Copy selected keys to Production' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Copy' }).click();
    await Ann.getByText('Copied to Production.').waitFor();
    await until(async () => (await row.count()) === 0, 'they are the same there now');
    await Ann.locator('tr', { hasText: 'footer' }).waitFor();
    const ask = (/** @type {string} */ key) => on.manage('POST', '/projects/1/explain', { key, environment: 'Production' });
    check((await ask('banner')).value === 'new banner' && (await ask('footer')).value === 'plain', 'the chosen one, and no other');
  },

  async 'an environment can require a comment or an approval'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'environments');
    const card = Ann.locator('section.card', { hasText: 'Production' });
    await card.getByLabel('Require a comment').check();
    await Ann.getByText('Protection of Production updated.').waitFor();
    await open(Ann, on.url, 'configs/footer?environment=Production');
    await Ann.getByLabel('Value').first().fill('another');
    await Ann.getByRole('button', { name: 'Review and publish' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    check(await Ann.getByRole('dialog').isVisible(), 'without a comment it is not published');
    await Ann.keyboard.press('Escape');
    await publish(Ann, 'requested by legal');
    await open(Ann, on.url, 'environments');
    await card.getByLabel('Require a comment').uncheck();
    await until(async () => !(await on.manage('GET', '/projects/1')).environments.some((/** @type {Environment} */ one) => one.needsComment), 'it wants none any more');
    await card.getByLabel('Require approval').check();
    await until(async () => (await on.manage('GET', '/projects/1')).environments.some((/** @type {Environment} */ one) => one.needsApproval), 'it wants approval');
    await open(Ann, on.url, 'configs/footer?environment=Production');
    await Ann.getByLabel('Value').first().fill('a third');
    await Ann.getByRole('button', { name: 'Review and publish' }).click();
    await Ann.getByRole('dialog').getByText('require approval').waitFor();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Save draft' }).click();
    await Ann.getByText('It is waiting for approval.').waitFor();
    const { value } = await on.manage('POST', '/projects/1/explain', { key: 'footer', environment: 'Production' });
    check(value === 'another', `nothing is published yet: ${value}`);
    await Ann.evaluate(() => sessionStorage.clear());
    await on.manage('DELETE', '/projects/1/items/footer/draft');
    await on.manage('PATCH', '/projects/1/environments/Production', { needsApproval: false });
  },

  async 'a key is rotated: the new key is shown once, the old key expires in a day'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'keys');
    await Ann.getByRole('button', { name: 'New key' }).click();
    await Ann.getByLabel('Name').fill('billing');
    await Ann.getByRole('button', { name: 'Create key' }).click();
    const shown = Ann.getByRole('dialog').locator('pre');
    const first = await shown.innerText();
    await Ann.getByRole('button', { name: 'Done' }).click();
    await Ann.locator('tr', { hasText: 'billing' }).getByRole('button', { name: /^Rotate key/ }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await until(async () => (await shown.count()) === 1 && (await shown.innerText()) !== first, 'another key is shown');
    const second = await shown.innerText();
    await Ann.getByRole('button', { name: 'Done' }).click();
    await Ann.locator('tr', { hasText: 'billing' }).getByText(/expires in/).waitFor();
    for (const key of [first, second]) {
      const response = await fetch(`${on.url}/api/v1/configs/0`, { headers: { authorization: `Basic ${btoa(`u:${key}`)}` } });
      check(response.ok, `both keys are active: ${response.status}`);
    }
  },

  async 'an import is previewed, and invalid entries are skipped'({ on, people: { Ann } }) {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'prefab-import-')), 'moved.json');
    const row = (/** @type {object} */ more) => [{ values: [{ value: { string: 'moved here' } }], ...more }];
    const config = (/** @type {string} */ key, more = {}) => ({ key, configType: 'CONFIG', valueType: 'STRING', rows: row(more) });
    fs.writeFileSync(file, JSON.stringify({ configs: [config('moved.one'), config('banner'), config('moved.broken', { projectEnvId: '99' })] }));
    await open(Ann, on.url, 'transfer');
    await Ann.getByLabel('File', { exact: true }).setInputFiles(file);
    await Ann.getByText('1 new, 1 changed, 0 unchanged.').waitFor();
    await Ann.locator('li', { hasText: /moved\.broken.*99/ }).waitFor();
    check((await Ann.getByRole('button', { name: /^Import \d/ }).count()) === 0, 'not while something is broken');
    await Ann.getByText('moved.one', { exact: true }).click();
    await Ann.getByText('default: "moved here"').waitFor();
    check(!(await on.manage('GET', '/projects/1/items?search=moved')).items.length, 'nothing is here yet');
    await Ann.getByLabel('Skip invalid entries').check();
    await Ann.getByRole('button', { name: /^Import \d/ }).click();
    await Ann.getByText('Imported: 1 new, 1 changed, 1 skipped.').waitFor();
    const { items } = await on.manage('GET', '/projects/1/items?search=moved');
    check(items.map((/** @type {Summary} */ one) => one.key).includes('moved.one'), JSON.stringify(items));
    fs.rmSync(path.dirname(file), { recursive: true });
  },

  async 'everything and the datafile of an environment are exported'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'transfer');
    for (const [button, name, has] of [['Everything', 'prefab-export.json', 'environments'], ['Datafile of Staging', 'prefab.staging.json', 'configServicePointer']]) {
      const [download] = await Promise.all([Ann.waitForEvent('download'), Ann.getByRole('button', { name: button }).click()]);
      check(download.suggestedFilename() === name, download.suggestedFilename());
      const exported = JSON.parse(fs.readFileSync(await download.path(), 'utf8'));
      check(exported[has] && exported.configs.some((/** @type {Item} */ one) => one.key === 'moved.one'), `${name} has it all: ${Object.keys(exported)}`);
    }
  },

  async 'the audit log is filtered, shows changes, and reverts one'({ on, people: { Ann } }) {
    await on.manage('PUT', '/projects/1/items/footer/value', { value: { type: 'string', value: 'a mistake' }, comment: 'in haste' });
    await open(Ann, on.url, 'audit');
    await Ann.getByLabel('Action', { exact: true }).selectOption('config');
    await Ann.getByLabel('Text').fill('footer');
    const rows = Ann.locator('.audit tbody tr');
    await until(async () => (await rows.count()) > 1 && (await rows.allInnerTexts()).every((text) => text.includes('footer')), 'only what is about it');
    await rows.first().getByText('“in haste”').waitFor();
    await rows.first().getByText('Show changes').click();
    await rows.first().getByText('a mistake for everyone').waitFor();
    await on.manage('PUT', '/projects/1/items/banner/value', { value: { type: 'string', value: 'changed later, footer' } });
    await Ann.locator('.audit tbody tr', { hasText: 'banner' }).first().waitFor();
    const mistake = Ann.locator('.audit tbody tr', { hasText: 'in haste' });
    await mistake.getByRole('button', { name: 'Revert this change' }).click();
    await Ann.getByRole('dialog').getByText('a mistake for everyone').waitFor();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await Ann.getByText('Version restored.').waitFor();
    const item = await on.manage('GET', '/projects/1/items/footer');
    check(item.default.rules[0].value.value !== 'a mistake', JSON.stringify(item.default));
    await Ann.getByLabel('Person').fill('no such person');
    await Ann.getByText('No matching entries.').waitFor();
  },
};
