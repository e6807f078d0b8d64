// The list, the item page and the palette: what a user does with few clicks, by mouse and by keyboard.

import { axe, check, open, publish, until } from '../harness.mjs';
import { day } from '../telemetry.mjs';

const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const everyone = (/** @type {Flat} */ value) => [{ criteria: [], value }];
const when = (/** @type {string} */ value) => ({ criteria: [{ propertyName: 'user.plan', operator: 'PROP_IS_ONE_OF', valueToMatch: { type: 'string_list', value: [value] } }], value: bool(true) });
/** @type {(on: Server, key: string, rules?: Rule[], more?: object) => Promise<unknown>} */
const flag = (on, key, rules = everyone(bool(false)), more = {}) => on.manage('POST', '/projects/1/items', { item: { key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules }, environments: [], ...more } });

/**
 * Counts the clicks of a user while `act` runs.
 * @type {(page: Page, act: () => Promise<void>) => Promise<number>}
 */
async function clicks(page, act) {
  await page.evaluate(() => {
    document.documentElement.dataset.clicks = '0';
    addEventListener('pointerdown', () => { document.documentElement.dataset.clicks = String(Number(document.documentElement.dataset.clicks) + 1); }, { capture: true });
  });
  await act();
  return page.evaluate(() => Number(document.documentElement.dataset.clicks));
}

/** @type {(page: Page) => Promise<string>} */
const keys = async (page) => (await page.locator('[data-row]').evaluateAll((links) => links.map((link) => /** @type {HTMLElement} */ (link).dataset.row))).join();

/** @type {Part} */
export default {
  async 'a flag is turned on from the list with two clicks, in one environment'({ on, people: { Ann } }) {
    await flag(on, 'design.switched');
    await open(Ann, on.url, 'flags?environment=Production&q=design.switched');
    const toggle = Ann.getByRole('switch', { name: 'design.switched in Production' });
    const count = await clicks(Ann, async () => {
      await toggle.click();
      const dialog = Ann.getByRole('dialog');
      check(/Production/.test(await dialog.innerText()), 'the dialog names the environment');
      await dialog.getByRole('button', { name: 'Turn on' }).click();
      await Ann.getByText('Turned on design.switched in Production.').waitFor();
    });
    check(count === 2, `${count} clicks`);
    await until(async () => (await toggle.getAttribute('aria-checked')) === 'true', 'the switch follows');
    const item = await on.manage('GET', '/projects/1/items/design.switched');
    check(item.default.rules[0].value.value === false && item.environments.length === 1, JSON.stringify(item));
  },

  async 'a flag with rules is turned off for everyone, and the rules come back'({ on, people: { Ann } }) {
    await flag(on, 'design.killed', [when('pro'), when('team'), ...everyone(bool(false))]);
    await open(Ann, on.url, 'flags/design.killed');
    const toggle = Ann.getByRole('checkbox', { name: 'design.killed in Default' });
    check((await toggle.getAttribute('aria-checked')) === 'mixed', 'rules decide');
    const count = await clicks(Ann, async () => {
      await toggle.click();
      await Ann.getByRole('menuitem', { name: 'Turn off for everyone' }).click();
      await publish(Ann);
    });
    check(count === 4, `${count} clicks`);
    const off = await on.manage('GET', '/projects/1/items/design.killed');
    check(off.default.rules.length === 4 && off.default.rules[0].value.value === false, JSON.stringify(off.default));
    await toggle.click();
    await Ann.getByRole('menuitem', { name: 'Let the rules below decide again' }).click();
    await publish(Ann);
    const back = await on.manage('GET', '/projects/1/items/design.killed');
    check(back.default.rules.length === 3 && back.default.rules[0].criteria.length === 1, JSON.stringify(back.default));
  },

  async 'a rule is a sentence of one line, opens in place, and closes by Escape'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/design.killed');
    const rule = Ann.locator('.rule').first();
    await rule.getByText('user.plan').waitFor();
    const box = await rule.boundingBox();
    check(box && box.height <= 56, `a rule at rest has ${box?.height} pixels`);
    check((await Ann.locator('.rule-form').count()) === 0, 'no form at rest');
    await rule.locator('.sentence').click({ position: { x: 4, y: 4 } });
    await Ann.getByLabel('Property').fill('user.tier');
    await rule.getByText('Changed', { exact: true }).waitFor();
    await Ann.keyboard.press('Escape');
    await Ann.keyboard.press('Escape');
    check((await Ann.locator('.rule-form').count()) === 0, 'Escape closes it');
    check(await Ann.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Edit rule 1'), 'the focus is at its button');
    await Ann.getByRole('button', { name: 'Discard' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  },

  async 'a percentage is changed with three clicks'({ on, people: { Ann } }) {
    await flag(on, 'design.share', everyone({ type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 10, value: bool(true) }, { weight: 90, value: bool(false) }] }));
    await open(Ann, on.url, 'flags/design.share');
    const count = await clicks(Ann, async () => {
      await Ann.locator('input.share').first().click();
      await Ann.locator('input.share').first().fill('25');
      check(/25% true, 75% false/.test(await publish(Ann)), 'the other value follows');
    });
    check(count === 3, `${count} clicks`);
  },

  async 'the property of a condition is found by typing, with the keyboard'({ on, people: { Ann } }) {
    await flag(on, 'design.combobox');
    await open(Ann, on.url, 'flags/design.combobox');
    await Ann.getByRole('button', { name: 'Add rule' }).click();
    const property = Ann.getByRole('combobox', { name: 'Property' });
    await property.fill('ema');
    await Ann.getByRole('option', { name: 'user.email' }).waitFor();
    check((await property.getAttribute('aria-expanded')) === 'true', 'the list is open');
    const found = await axe(Ann, 'an open combobox');
    check(!found.length, found.join('\n  '));
    await property.press('ArrowDown');
    await property.press('Enter');
    check((await property.inputValue()) === 'user.email', 'the option is taken');
    check((await property.getAttribute('aria-expanded')) === 'false', 'the list is closed');
    await Ann.getByRole('button', { name: 'Discard' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  },

  async 'the list is filtered, sorted, and saved as a view'({ on, people: { Ann } }) {
    await flag(on, 'design.tagged-b', everyone(bool(true)), { tags: ['blue'] });
    await flag(on, 'design.tagged-a', everyone(bool(false)), { tags: ['blue', 'red'] });
    await open(Ann, on.url, 'flags?environment=Production&q=design');
    await Ann.locator('[data-row="design.tagged-a"]').waitFor();
    await Ann.getByRole('button', { name: 'Filter', exact: true }).click();
    await Ann.getByLabel('Tag', { exact: true }).selectOption('blue');
    await until(async () => (await keys(Ann)) === 'design.tagged-a,design.tagged-b', 'by tag');
    await Ann.getByLabel('State', { exact: true }).selectOption('on');
    await until(async () => (await keys(Ann)) === 'design.tagged-b', 'and by state');
    const found = await axe(Ann, 'the filter menu');
    check(!found.length, found.join('\n  '));
    await Ann.keyboard.press('Escape');
    check(/tag=blue/.test(Ann.url()) && /state=on/.test(Ann.url()), Ann.url());
    await Ann.getByRole('button', { name: 'Views' }).click();
    await Ann.getByRole('menuitem', { name: 'Save this view' }).click();
    await Ann.getByRole('dialog').getByLabel('Name').fill('Blue and on');
    await Ann.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await Ann.getByRole('button', { name: 'Remove filter State' }).click();
    await Ann.getByRole('button', { name: 'Sort by Changed' }).click();
    await until(async () => (await keys(Ann)) === 'design.tagged-a,design.tagged-b' && /sort=-changed/.test(Ann.url()), 'the last changed comes first');
    await Ann.getByRole('button', { name: 'Sort by Changed' }).click();
    await until(async () => (await keys(Ann)) === 'design.tagged-b,design.tagged-a', 'the other way around');
    await Ann.getByRole('button', { name: 'Views' }).click();
    await Ann.getByRole('menuitemradio', { name: 'Blue and on' }).click();
    await until(async () => (await keys(Ann)) === 'design.tagged-b', 'the view is restored');
  },

  async 'several flags are tagged and turned on together'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags?environment=Staging&tag=blue');
    await Ann.getByLabel('Select all').check();
    await Ann.getByText('2 selected').waitFor();
    await Ann.getByRole('button', { name: 'Tag', exact: true }).click();
    await Ann.getByRole('dialog').getByLabel('Tags to add').fill('team x');
    await Ann.keyboard.press('Enter');
    await Ann.getByRole('dialog').getByRole('button', { name: 'Add tags' }).click();
    await Ann.getByText('Tagged 2 items.').waitFor();
    await Ann.getByLabel('Select all').check();
    await Ann.getByRole('button', { name: 'Turn on', exact: true }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Turn on' }).click();
    await Ann.getByText('Turned on 2 items.').waitFor();
    const item = await on.manage('GET', '/projects/1/items/design.tagged-a');
    check(item.tags.includes('team x') && item.environments[0].rules[0].value.value === true, JSON.stringify(item));
  },

  async 'the palette opens a key, a page and an environment by keyboard'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'segments?environment=Production');
    await Ann.keyboard.press('Control+k');
    const input = Ann.getByRole('combobox', { name: 'Search keys' });
    await input.fill('des switched');
    await input.fill('design.switched');
    await Ann.getByRole('option', { name: /design\.switched/ }).waitFor();
    const found = await axe(Ann, 'the palette');
    check(!found.length, found.join('\n  '));
    await Ann.keyboard.press('Enter');
    await Ann.getByRole('heading', { name: 'design.switched' }).waitFor();
    await Ann.keyboard.press('Control+k');
    await input.fill('audit');
    await Ann.keyboard.press('Enter');
    await Ann.getByRole('heading', { name: 'Audit log' }).waitFor();
    await Ann.keyboard.press('?');
    await Ann.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await Ann.keyboard.press('Escape');
    const chosen = () => Ann.locator('.env-strip [aria-pressed="true"]').innerText();
    const before = await chosen();
    await Ann.keyboard.press(']');
    await until(async () => (await chosen()) !== before, 'the next environment');
  },

  async 'a change of JSON is shown by line'({ on, people: { Ann } }) {
    const json = (/** @type {number} */ retries) => JSON.stringify({ timeout: 30, retries, hosts: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] });
    await on.manage('POST', '/projects/1/items', { item: { key: 'design.json', type: 'config', valueType: 'json', environments: [], default: { rules: [{ criteria: [], value: { type: 'json', value: json(3) } }] } } });
    await open(Ann, on.url, 'configs/design.json');
    await Ann.getByLabel('Value', { exact: true }).fill(json(5));
    await Ann.getByRole('button', { name: 'Review and publish' }).click();
    const lines = await Ann.getByRole('dialog').locator('.lines > span').allInnerTexts();
    check(lines.some((one) => /^− +"retries": 3,/.test(one)) && lines.some((one) => /^\+ +"retries": 5,/.test(one)), lines.join('\n'));
    check(lines.length < 9, `only what is near is shown: ${lines.length} lines`);
    await Ann.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await Ann.getByText('Published.', { exact: true }).waitFor();
  },

  async 'drafts are counted in the menu and published from the inbox'({ on, people: { Ann } }) {
    const item = await on.manage('GET', '/projects/1/items/design.tagged-a');
    await open(Ann, on.url, 'approvals');
    await on.manage('PUT', '/projects/1/items/design.tagged-a/draft', { item: { ...item, tags: ['blue'] }, comment: 'fewer tags' });
    await Ann.locator('.inbox').getByText('design.tagged-a').click();
    await until(async () => /[1-9]/.test(await Ann.locator('#nav .count').innerText()), 'the menu counts it');
    await Ann.getByText('fewer tags').waitFor();
    const found = await axe(Ann, 'the inbox');
    check(!found.length, found.join('\n  '));
    await Ann.getByRole('button', { name: 'Publish draft' }).click();
    await Ann.getByText('Published design.tagged-a.').waitFor();
    check((await on.manage('GET', '/projects/1/items/design.tagged-a')).tags.join() === 'blue', 'it is published');
  },

  async 'code for each SDK and for OpenFeature is shown with the key'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/design.switched');
    await Ann.getByRole('button', { name: 'Use in code' }).click();
    const dialog = Ann.getByRole('dialog');
    for (const name of ['Rust', 'Node.js', 'Python', 'Ruby', 'Go', 'OpenFeature (OFREP)']) {
      await dialog.getByRole('button', { name, exact: true }).click();
      await until(async () => (await dialog.locator('pre').last().innerText()).includes('design.switched'), name);
    }
    const found = await axe(Ann, 'use in code');
    check(!found.length, found.join('\n  '));
    await dialog.getByRole('button', { name: 'Close' }).click();
  },

  async 'what a recent user gets is one click away'({ on, people: { Ann } }) {
    await day(on, [{ key: 'design.switched', id: '1', type: 'FEATURE_FLAG', values: [{ value: { bool: true }, share: 1 }] }]);
    await open(Ann, on.url, 'contexts?environment=Development');
    await Ann.getByRole('link', { name: 'What does this user get?' }).first().click();
    await Ann.getByRole('heading', { name: 'Playground' }).waitFor();
    await Ann.locator('tr', { hasText: 'design.switched' }).waitFor();
    check(/u-\d/.test(await Ann.getByLabel('Context', { exact: true }).inputValue()), 'the context is filled in');
  },

  async 'an emergency change of a config takes the keyboard and one click'({ on, people: { Ann } }) {
    const int = (/** @type {number} */ value) => [{ criteria: [], value: { type: 'int', value } }];
    await on.manage('POST', '/projects/1/items', { item: { key: 'design.retries', type: 'config', valueType: 'int', default: { rules: int(5) }, environments: [{ id: 'Production', rules: int(5) }] } });
    await open(Ann, on.url, 'configs?environment=Production');
    await Ann.locator('[data-row="design.retries"]').waitFor();
    const count = await clicks(Ann, async () => {
      await Ann.keyboard.press('/');
      await Ann.keyboard.type('design.retries');
      await Ann.keyboard.press('Enter');
      await Ann.getByRole('heading', { name: 'Rules in Production' }).waitFor();
      await Ann.getByLabel('Value', { exact: true }).fill('1');
      await Ann.keyboard.press('Control+Enter');
      await Ann.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
      await Ann.getByText('Published.', { exact: true }).waitFor();
    });
    check(count === 1, `${count} clicks`);
    const item = await on.manage('GET', '/projects/1/items/design.retries');
    check(item.default.rules[0].value.value === 5 && item.environments[0].rules[0].value.value === 1, JSON.stringify(item));
  },

  async 'the menus work by keyboard alone'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/design.killed');
    const button = Ann.getByRole('button', { name: 'Actions of rule 1' });
    await button.focus();
    await Ann.keyboard.press('Enter');
    await Ann.getByRole('menuitem', { name: 'Duplicate' }).waitFor();
    await Ann.keyboard.press('ArrowDown');
    check(await Ann.evaluate(() => document.activeElement?.textContent === 'Move down'), 'the second entry has the focus');
    await Ann.keyboard.press('End');
    check(await Ann.evaluate(() => document.activeElement?.textContent === 'Remove'), 'the last entry has the focus');
    await Ann.keyboard.press('Escape');
    check(await button.evaluate((element) => element === document.activeElement), 'Escape returns the focus');
    check((await Ann.getByRole('menuitem').count()) === 0, 'the menu is closed');
  },
};
