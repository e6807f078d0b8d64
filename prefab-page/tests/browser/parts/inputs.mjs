// Inputs: dragging rules, picking a date, typing a duration.

import { check, open, picture, publish, until } from '../harness.mjs';

const text = (/** @type {string} */ value) => ({ type: 'string', value });
const when = (/** @type {string} */ value) => [{ propertyName: 'user.plan', operator: 'PROP_IS_ONE_OF', valueToMatch: { type: 'string_list', value: [value] } }];

/** @type {Part} */
export default {
  async 'rules are reordered by dragging'({ on, people: { Ann } }) {
    const rules = [...['a', 'b', 'c'].map((plan) => ({ criteria: when(plan), value: text(plan) })), { criteria: [], value: text('all') }];
    await on.manage('POST', '/projects/1/items', { item: { key: 'dragged', type: 'config', valueType: 'string', default: { rules }, environments: [] } });
    await open(Ann, on.url, 'configs/dragged');
    const order = async () => (await Ann.locator('.rule .sentence').allInnerTexts()).map((one) => one.split('serve ').at(-1)?.trim()).join();
    check((await order()) === 'a,b,c,all', await order());
    await Ann.getByRole('button', { name: 'Rule 3 of 4' }).dragTo(Ann.locator('.rule').first());
    await until(async () => (await order()) === 'c,a,b,all', 'the third is the first');
    await Ann.getByRole('button', { name: 'Rule 1 of 4' }).dragTo(Ann.locator('.rule').nth(1));
    await until(async () => (await order()) === 'a,c,b,all', 'and goes one down');
    check((await Ann.locator('.rule.over').count()) === 0, 'nothing stays marked');
    check(/order of the rules/.test(await publish(Ann)), 'the difference names the order');
    const item = await on.manage('GET', '/projects/1/items/dragged');
    check(item.default.rules.map((/** @type {Rule} */ rule) => rule.value.value).join() === 'a,c,b,all', JSON.stringify(item.default));
  },

  async 'a date is picked and stored as a point in time'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { key: 'early-bird', type: 'config', valueType: 'string', default: { rules: [{ criteria: [], value: text('late') }] }, environments: [] } });
    await open(Ann, on.url, 'configs/early-bird');
    await Ann.getByRole('button', { name: 'Add rule' }).click();
    await Ann.getByLabel('Property').fill('user.joined');
    await Ann.getByLabel('Operator').selectOption('PROP_BEFORE');
    const date = Ann.getByLabel('Date');
    check((await date.getAttribute('type')) === 'datetime-local', 'there is a picker');
    await date.fill('2026-03-01T12:30');
    const iso = await Ann.evaluate(() => new Date('2026-03-01T12:30').toISOString());
    const formatted = await Ann.evaluate((moment) => new Date(moment).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }), iso);
    await Ann.locator('.sentence', { hasText: `If user.joined is before ${formatted}` }).waitFor();
    await Ann.getByLabel('Value', { exact: true }).first().fill('early');
    await picture(Ann, 'date');
    await publish(Ann);
    const item = await on.manage('GET', '/projects/1/items/early-bird');
    check(item.default.rules[0].criteria[0].valueToMatch.value === iso, JSON.stringify(item.default));
    const ask = async (/** @type {string} */ joined) => (await on.manage('POST', '/projects/1/explain', { key: 'early-bird', environment: 'Production', contexts: { user: { joined } } })).value;
    check((await ask('2026-01-01T00:00:00Z')) === 'early' && (await ask('2026-06-01T00:00:00Z')) === 'late', 'it divides as picked');
    await Ann.reload();
    await Ann.getByRole('button', { name: 'Edit rule 1' }).click();
    await until(async () => (await date.inputValue()) === '2026-03-01T12:30', 'it is shown as it was picked');
  },

  async 'a duration is typed in words'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { key: 'patience', type: 'config', valueType: 'duration', default: { rules: [{ criteria: [], value: { type: 'duration', value: 'PT90S' } }] }, environments: [] } });
    await open(Ann, on.url, 'configs/patience');
    const value = Ann.getByLabel('Value', { exact: true });
    check((await value.inputValue()) === '90 seconds', await value.inputValue());
    const hint = Ann.locator('.answer .hint');
    for (const [typed, iso] of [['1 minute 30 seconds', 'PT1M30S'], ['2h', 'PT2H'], ['1h 30m', 'PT1H30M'], ['1.5 hours', 'PT1.5H'], ['500 ms', 'PT0.5S'], ['2 weeks and 1 day', 'P15D'], ['pt45s', 'PT45S'], ['0s', 'PT0S']]) {
      await value.fill(typed);
      await until(async () => (await hint.innerText()).endsWith(iso), `“${typed}” is ${iso}`);
    }
    for (const typed of ['soon', '5', '5 parsecs', '3m 4m', 'P']) {
      await value.fill(typed);
      await Ann.getByText('Expected a duration such as').waitFor();
      check(await Ann.getByRole('button', { name: 'Review and publish' }).isDisabled(), `“${typed}” cannot be published`);
    }
    await value.fill('2 minutes 5 seconds');
    await picture(Ann, 'duration');
    const diff = await publish(Ann);
    check(/90 seconds for everyone/.test(diff) && /2 minutes 5 seconds for everyone/.test(diff), diff);
    const item = await on.manage('GET', '/projects/1/items/patience');
    check(item.default.rules[0].value.value === 'PT2M5S', JSON.stringify(item.default));
  },
};
