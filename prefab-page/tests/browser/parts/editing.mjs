// The editor and the lists under a user's hands: nothing is out of sight, no click is lost, no action is a dead end.

import { check, open, pick, publish, until } from '../harness.mjs';
import { day, lines } from '../telemetry.mjs';

const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const everyone = (/** @type {Flat} */ value) => [{ criteria: [], value }];
const when = (/** @type {string} */ value) => [{ propertyName: 'user.plan', operator: 'PROP_IS_ONE_OF', valueToMatch: { type: 'string_list', value: [value] } }];
const rollout = (/** @type {number} */ percent) => ({ type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 100 - percent, value: bool(false) }, { weight: percent, value: bool(true) }] });
/** @type {(key: string, rules?: Rule[]) => object} */
const flag = (key, rules = everyone(bool(false))) => ({ key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules }, environments: [] });

/** @type {(on: Server, item: object) => Promise<{id: string}>} */
const create = (on, item) => on.manage('POST', '/projects/1/items', { item });

/** @type {Part} */
export default {
  async 'an update keeps elements, and exchanges their content and listeners'({ people: { Ann } }) {
    const found = await Ann.evaluate(async (file) => {
      const { h, update } = await import(file);
      /** @type {string[]} */
      const clicks = [];
      const button = (/** @type {string} */ key, /** @type {string} */ text) => h('button', { 'data-key': key, title: text, onclick: () => clicks.push(text) }, text);
      const box = h('div');
      update(box, 'before', button('a', 'A1'), button('b', 'B1'));
      const [a, b] = box.children;
      update(box, button('b', 'B2'), 'between', button('a', 'A2'), h('input', { value: 'x' }));
      const isKept = box.children[0] === b && box.children[1] === a;
      a.click();
      b.click();
      update(box, h('button', { 'data-key': 'a' }, 'no listener'));
      a.click();
      return { isKept, clicks, text: box.textContent, title: a.getAttribute('title') };
    }, '/page/dom.js');
    check(JSON.stringify(found) === JSON.stringify({ isKept: true, clicks: ['A2', 'B2'], text: 'no listener', title: null }), JSON.stringify(found));
  },

  async 'the publish bar is in view while something is unpublished'({ on, people: { Ann } }) {
    const rules = [...'abcdefghijklmnop'].map((plan) => ({ criteria: when(plan), value: bool(true) })).concat(everyone(bool(false)));
    await create(on, flag('long-rules', rules));
    await open(Ann, on.url, 'flags/long-rules?environment=Production');
    const bar = Ann.locator('.bottom-bar');
    check(await bar.isHidden(), 'without changes there is no bar');
    await pick(Ann, 'Actions of rule 1', 'Duplicate');
    await Ann.evaluate(() => scrollTo(0, 0));
    await bar.getByText('1 unpublished change in Default · affects all environments').waitFor();
    const dialog = Ann.getByRole('dialog');
    await Ann.getByRole('button', { name: 'Review and publish' }).click();
    await dialog.getByText('true when user.plan is one of a').waitFor();
    await Ann.keyboard.press('Escape');
    const box = await bar.boundingBox();
    check(box && box.y + box.height <= 900, `the bar is inside the window: ${JSON.stringify(box)}`);
    check(await Ann.evaluate(() => document.documentElement.scrollHeight > innerHeight), 'the page is longer than the window');
  },

  async 'a confidential value is hidden, kept, and can be replaced'({ on, people: { Ann } }) {
    const secret = (/** @type {number} */ value) => ({ type: 'int', value, confidential: true });
    await create(on, { key: 'pin', type: 'config', valueType: 'int', default: { rules: [{ criteria: when('pro'), value: secret(4711) }, ...everyone(secret(1234))] }, environments: [] });
    const stored = async () => (await on.manage('GET', '/projects/1/items/pin?reveal=true')).default.rules.map((/** @type {Rule} */ rule) => [rule.value.type, rule.value.value, rule.value.confidential]);
    await open(Ann, on.url, 'configs/pin');
    await Ann.getByRole('button', { name: 'Edit rule 1' }).click();
    check(await Ann.getByLabel('Value', { exact: true }).first().inputValue() === '[confidential]', 'the value is hidden');
    await Ann.getByRole('button', { name: 'Replace value' }).first().click();
    const changed = Ann.getByLabel('Value', { exact: true }).first();
    check(await changed.inputValue() === '0' && await changed.getAttribute('inputmode') === 'numeric', 'the new value has the declared type');
    await changed.fill('4712');
    await publish(Ann);
    const expected = JSON.stringify([['int', 4712, true], ['int', 1234, true]]);
    await until(async () => JSON.stringify(await stored()) === expected, 'the new value is stored, the other one is kept');
  },

  async 'the first click on publish counts while a value is typed'({ on, people: { Ann } }) {
    await create(on, flag('typed', [{ criteria: when('pro'), value: bool(true) }, ...everyone(bool(false))]));
    await open(Ann, on.url, 'flags/typed');
    await Ann.getByRole('button', { name: 'Edit rule 1' }).click();
    await Ann.locator('.answer select').first().selectOption('false');
    await Ann.getByLabel('Values').pressSequentially('team');
    const button = await Ann.getByRole('button', { name: 'Review and publish' }).boundingBox();
    check(button, 'the button is there');
    await Ann.mouse.move(button.x + 20, button.y + 10);
    await Ann.mouse.down();
    await Ann.waitForTimeout(50);
    await Ann.mouse.up();
    await Ann.getByRole('dialog').getByText('user.plan is one of pro, team').waitFor();
    await Ann.keyboard.press('Escape');
    for (const [keys, title] of [['Control+Enter', 'Publish typed?'], ['Control+S', 'Save draft?']]) {
      await Ann.keyboard.press(keys);
      await Ann.getByRole('dialog').getByRole('heading', { name: title }).waitFor();
      await Ann.keyboard.press('Escape');
    }
  },

  async 'the preview of a rollout compares with the published version'({ on, people: { Ann } }) {
    const { id } = await create(on, flag('previewed'));
    await day(on, [{ key: 'previewed', id, type: 'FEATURE_FLAG', values: [{ value: { bool: false }, share: 1 }] }]);
    await open(Ann, on.url, 'flags/previewed?environment=Development');
    await Ann.getByRole('button', { name: 'Percentage rollout' }).click();
    await Ann.locator('input.share').first().fill('100');
    const preview = Ann.locator('.percent').getByRole('status');
    await until(async () => /of (\d+) recent users: \1 get true, 0 get false\. \1 would see a different value than now\./i.test(await preview.innerText()), 'everyone gets another value');
    await Ann.getByRole('link', { name: 'Settings', exact: true }).click();
    await Ann.getByLabel('Tags').waitFor();
    await Ann.getByRole('link', { name: 'Rules', exact: true }).click();
    await preview.waitFor();
    check((await Ann.getByText('Your unpublished changes were restored.').count()) === 0, 'another view of the item needs no notice');
    await until(async () => /would see/.test(await preview.innerText()), 'recent users are loaded');
    check(/[1-9]\d* would see a different value/.test(await preview.innerText()), `another tab changes nothing: ${await preview.innerText()}`);
  },

  async 'the tab of an environment chooses it, and publishing names it alone'({ on, people: { Ann } }) {
    await create(on, flag('chosen'));
    await open(Ann, on.url, 'flags/chosen?environment=Development');
    await Ann.getByRole('tab', { name: 'Production' }).click();
    check((await Ann.getByRole('tab', { name: 'Production' }).getAttribute('aria-selected')) === 'true', 'its rules are shown');
    check(/environment=/.test(Ann.url()), 'the address follows');
    await Ann.getByRole('button', { name: 'Override in Production' }).click();
    await Ann.locator('.answer select').selectOption('true');
    await publish(Ann);
    const banner = await Ann.locator('.banner', { hasText: 'Published.' }).innerText();
    check(/Production/.test(banner) && !/Development|Staging/.test(banner), banner);
  },

  async 'undo and restore become drafts where approval is required'({ on, people: { Ann } }) {
    await create(on, flag('approved'));
    await open(Ann, on.url, 'flags/approved');
    await Ann.locator('.answer select').selectOption('true');
    await publish(Ann);
    await on.manage('PATCH', '/projects/1/environments/Production', { needsApproval: true });
    await Ann.reload();
    await Ann.locator('.answer select').waitFor();
    await open(Ann, on.url, 'flags/approved?view=history');
    await Ann.getByRole('button', { name: 'Restore this version' }).click();
    await Ann.getByRole('dialog').getByText('require approval').waitFor();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Save draft' }).click();
    await Ann.getByText('It is waiting for approval.').waitFor();
    const draft = await on.manage('GET', '/projects/1/items/approved/draft');
    check(draft.item.default.rules[0].value.value === false, JSON.stringify(draft));
    await open(Ann, on.url, 'flags/approved');
    await Ann.getByText('Waiting for approval by another person.').waitFor();
    check((await Ann.getByRole('button', { name: 'Approve' }).count()) === 0, 'the author cannot approve it');
    await Ann.getByRole('button', { name: 'Discard draft' }).click();
    await pick(Ann, 'More actions', 'Archive');
    await Ann.getByRole('dialog').getByText('Archiving requires approval').waitFor();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Save draft' }).click();
    await until(async () => (await on.manage('GET', '/projects/1/drafts')).some((/** @type {Draft} */ one) => one.key === 'approved' && one.item === null), 'the draft archives the flag');
    await on.manage('DELETE', '/projects/1/items/approved/draft');
    await open(Ann, on.url, 'environments');
    const { environments } = await on.manage('GET', '/projects/1');
    const id = (/** @type {string} */ name) => environments.find((/** @type {Environment} */ one) => one.name === name).id;
    await Ann.getByLabel('Right').selectOption(id('Production'));
    await Ann.getByLabel('Left').selectOption(id('Development'));
    await Ann.getByLabel('Copy chosen').check();
    await Ann.getByRole('button', { name: 'Copy selected keys to Production' }).click();
    const dialog = Ann.getByRole('dialog');
    check(/true[\s\S]*uses the default rules/.test(await dialog.locator('.diff').innerText()), 'the dialog shows what is replaced');
    await dialog.getByRole('button', { name: 'Save drafts' }).click();
    await Ann.getByText('Saved 1 draft, waiting for approval.').waitFor();
    check((await on.manage('GET', '/projects/1/items/chosen/draft')).needsApproval, 'the copy is a draft');
    await on.manage('DELETE', '/projects/1/items/chosen/draft');
    await on.manage('PATCH', '/projects/1/environments/Production', { needsApproval: false });
  },

  async 'archiving warns about a flag in use'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/previewed');
    await pick(Ann, 'More actions', 'Archive');
    await Ann.getByRole('dialog').getByText(/Still in use: [\d,.K]+ evaluations in the last 24 hours\./).waitFor();
    await Ann.keyboard.press('Escape');
  },

  async 'a value has one colour in rules and charts'({ on, people: { Ann } }) {
    const { id } = await create(on, flag('coloured', everyone(rollout(30))));
    await day(on, [{ key: 'coloured', id, type: 'FEATURE_FLAG', values: [true, false].map((value) => ({ value: { bool: value }, share: value ? 0.3 : 0.7 })) }]);
    const colour = async (/** @type {string} */ selector) => Ann.locator(selector).first().evaluate((element) => getComputedStyle(element).backgroundColor);
    await open(Ann, on.url, 'flags/coloured');
    // A redraw can replace the element while it is measured.
    let inRule = '';
    await until(async () => (inRule = await colour('.part.v-true')) !== '', 'the bar has a colour');
    await open(Ann, on.url, 'flags/coloured?view=evaluations&environment=Development');
    await Ann.locator('.swatch.v-true').first().waitFor();
    await until(async () => (await colour('.swatch.v-true')) === inRule, `true is ${inRule}`);
    check((await Ann.locator('.plot .ticks span').count()) === 5, 'the chart has an axis');
  },

  async 'the list shows the state of other environments, for any number of them'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { ...flag('spread'), environments: [{ id: 'Staging', rules: everyone(bool(true)) }] } });
    await open(Ann, on.url, 'flags?environment=Production');
    const row = Ann.locator('.item', { has: Ann.locator('[data-row="spread"]') });
    check((await row.locator('.state.current').innerText()).toLowerCase().includes('off'), 'the chosen environment comes first');
    check((await row.locator('.dot.on').innerText()).includes('Staging: on'), 'others are dots with a text');
    const added = [];
    for (const name of ['QA', 'Demo', 'Load test']) added.push(await on.manage('POST', '/projects/1/environments', { name }));
    await Ann.reload();
    await row.getByText('1 on, 4 off').waitFor();
  },

  async 'the list is filtered by what it shows, and the address keeps the filter'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags?environment=Production');
    const keys = () => Ann.locator('[data-row]').evaluateAll((links) => links.map((link) => /** @type {HTMLElement} */ (link).dataset.row));
    await Ann.locator('[data-row="spread"]').waitFor();
    await Ann.locator('#search').fill('off');
    await until(async () => (await keys()).includes('spread') && !(await keys()).includes('coloured'), '`off` finds flags that are off');
    await Ann.locator('#search').fill('lng rls');
    await until(async () => (await keys()).join() === 'long-rules', 'letters in order find a key');
    await until(() => /q=lng/.test(Ann.url()), 'the filter is in the address');
    await Ann.reload();
    await until(async () => (await keys()).join() === 'long-rules', 'the address restores it');
    await Ann.locator('.item .use').first().click();
    await Ann.getByRole('heading', { name: 'long-rules' }).waitFor();
    await open(Ann, on.url, 'flags?q=');
    await Ann.locator('#search').fill('');
  },

  async 'an item without a draft loads without an error'({ on, people: { Ann } }) {
    /** @type {string[]} */
    const errors = [];
    const note = (/** @type {import('playwright-core').Response} */ response) => { if (response.status() >= 400) errors.push(response.url()); };
    Ann.on('response', note);
    await open(Ann, on.url, 'flags/spread');
    await Ann.locator('.answer select').waitFor();
    Ann.off('response', note);
    check(!errors.length, errors.join());
  },

  async 'the user menu closes, and the theme can follow the system'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags');
    const menu = Ann.getByRole('dialog', { name: 'Account of Ann', includeHidden: true });
    const button = Ann.getByRole('button', { name: 'Account of Ann' });
    await button.click();
    await Ann.getByLabel('Theme').selectOption('dark');
    check((await Ann.evaluate(() => document.documentElement.dataset.theme)) === 'dark', 'dark');
    await Ann.getByLabel('Theme').selectOption('');
    check((await Ann.evaluate(() => document.documentElement.dataset.theme)) === undefined, 'as the system');
    await Ann.keyboard.press('Escape');
    check(await menu.isHidden(), 'Escape closes it');
    await button.click();
    await Ann.locator('h1').click();
    check(await menu.isHidden(), 'a click elsewhere closes it');
  },

  async 'a role is changed after a question, and invitations start with a viewer'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'people');
    await Ann.getByRole('button', { name: 'Invite person' }).click();
    check((await Ann.getByRole('dialog').getByLabel('Role').inputValue()) === 'viewer', 'the least role comes first');
    await Ann.keyboard.press('Escape');
    await Ann.getByLabel('Role of Ann').selectOption('viewer');
    await Ann.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await until(async () => (await Ann.getByLabel('Role of Ann').inputValue()) === 'admin', 'cancel changes nothing');
  },

  async 'a log level expires after a duration of choice'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'log-levels?environment=Development');
    await Ann.getByRole('button', { name: 'Set level', exact: true }).click();
    const dialog = Ann.getByRole('dialog');
    check((await dialog.getByLabel('For', { exact: true }).inputValue()) === '1h', 'a level expires by default');
    await dialog.getByLabel('Logger').fill('edited.logger');
    await dialog.getByLabel('For', { exact: true }).selectOption('custom');
    await dialog.getByLabel('Duration').fill('1 h 30 min');
    await dialog.getByRole('button', { name: 'Set level' }).click();
    await Ann.getByText('edited.logger set to DEBUG.').waitFor();
    const levels = await on.manage('GET', '/projects/1/log-levels');
    const { levels: [level] } = levels.find((/** @type {LoggerLevels} */ one) => one.path === 'edited.logger');
    check(Math.abs(level.expiresAt - Date.now() - 90 * 6e4) < 6e4, `in 90 minutes: ${level.expiresAt}`);
    await lines(on, 'edited.logger.child', { traces: 1 });
    await Ann.locator('tr', { hasText: 'child' }).getByText('DEBUG from edited.logger').waitFor();
    const button = await Ann.getByRole('button', { name: 'Set level of edited.logger', exact: true }).boundingBox();
    check(button && button.height < 40, 'the button has one line');
  },

  async 'JSON opens formatted and unchanged'({ on, people: { Ann } }) {
    await create(on, { key: 'formatted', type: 'config', valueType: 'json', environments: [], default: { rules: [{ criteria: [], value: { type: 'json', value: '{"a": [1, 2], "b": 12345678901234567890}' } }] } });
    await create(on, { key: 'formatted-small', type: 'config', valueType: 'json', environments: [], default: { rules: [{ criteria: [], value: { type: 'json', value: '{"a": 1}' } }] } });
    await open(Ann, on.url, 'configs/formatted-small');
    check((await Ann.getByLabel('Value', { exact: true }).inputValue()) === '{\n  "a": 1\n}', 'formatted');
    check(await Ann.locator('.bottom-bar').isHidden(), 'nothing is changed');
    await open(Ann, on.url, 'configs/formatted');
    check((await Ann.getByLabel('Value', { exact: true }).inputValue()).includes('12345678901234567890'), 'large numbers keep their digits');
  },
};
