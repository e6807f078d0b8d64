// The playground: two contexts, two versions, and the published version beside a draft.

import { axe, check, open, picture, until } from '../harness.mjs';

const text = (/** @type {string} */ value) => ({ type: 'string', value });
const rules = (/** @type {string} */ value, plan = '') => ({ rules: [...(plan ? [{ criteria: [{ propertyName: 'user.plan', operator: 'PROP_IS_ONE_OF', valueToMatch: { type: 'string_list', value: [plan] } }], value: text(`${value} for ${plan}`) }] : []), { criteria: [], value: text(value) }] });

/** @type {Part} */
export default {
  async 'two versions of a key are compared'({ on, people: { Ann } }) {
    const item = { key: 'welcome', type: 'config', valueType: 'string', environments: [], default: rules('hello') };
    const first = await on.manage('POST', '/projects/1/items', { item, comment: 'the first text' });
    await on.manage('PUT', '/projects/1/items/welcome', { item: { ...item, id: first.id, default: rules('good day', 'pro') }, comment: 'more formal' });
    await open(Ann, on.url, 'configs/welcome?view=history&environment=Production');
    await Ann.getByRole('link', { name: 'Compare values' }).click();
    await Ann.getByText('The values differ.').waitFor();
    const answers = async () => (await Ann.locator('.answer-card .chip.text').allInnerTexts()).join(' | ');
    check((await answers()) === 'hello | good day for pro', await answers());
    const steps = await Ann.locator('.answer-card .steps').allInnerTexts();
    check(steps.length === 2 && /user\.plan is one of/.test(steps[1]) && !/user\.plan/.test(steps[0]), `both are explained: ${steps.join(' | ')}`);
    await picture(Ann, 'compare-versions');
    const found = await axe(Ann, 'two versions');
    check(!found.length, found.join('\n  '));
    await Ann.getByLabel('Context', { exact: true }).fill('{"user": {"plan": "free"}}');
    await until(async () => (await answers()) === 'hello | good day', 'another context is evaluated immediately');
    await Ann.reload();
    await until(async () => (await answers()) === 'hello | good day for pro', 'the address keeps the comparison');
  },

  async 'the published version is compared with the draft, for one key and for all'({ on, people: { Ann } }) {
    const item = await on.manage('GET', '/projects/1/items/welcome');
    await on.manage('PUT', '/projects/1/items/welcome/draft', { item: { ...item, default: rules('welcome', 'pro') }, comment: 'warmer' });
    await open(Ann, on.url, 'configs/welcome?environment=Production');
    await Ann.getByText('warmer').waitFor();
    await Ann.getByRole('link', { name: 'Compare values' }).click();
    await until(async () => (await Ann.locator('.answer-card .chip.text').allInnerTexts()).join() === 'good day for pro,welcome for pro', 'the draft is asked');
    await Ann.getByLabel('Key').selectOption('');
    await Ann.getByText(/^1 of \d+ values differ\.$/).waitFor();
    const row = Ann.locator('tr.differs');
    check((await row.count()) === 1 && /welcome/.test(await row.innerText()) && /differs/.test(await row.innerText()), 'its row is marked, in words too');
    await picture(Ann, 'compare-all');
    await Ann.getByLabel('Only differences').check();
    await until(async () => (await Ann.locator('tbody tr').count()) === 1, 'the others are hidden');
  },

  async 'two contexts are compared over all keys'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'playground?environment=Production');
    await Ann.getByLabel('Compare with').selectOption('context');
    await Ann.getByLabel('Another context', { exact: true }).fill('{"user": {"plan": "free"}}');
    await Ann.getByText(/^\d+ of \d+ values differ\.$/).waitFor();
    const row = Ann.locator('tr.differs', { has: Ann.getByRole('link', { name: 'welcome', exact: true }) });
    await until(async () => /good day for pro/.test(await row.innerText()), 'the pro user gets another text');
    check(/good day\s/.test(await row.innerText()), await row.innerText());
    await Ann.getByLabel('Compare with').selectOption('');
    await on.manage('DELETE', '/projects/1/items/welcome/draft');
  },
};
