// Addresses of keys with special characters, and bulk actions.

import { axe, check, open, picture, until } from '../harness.mjs';

const KEYS = ['team/checkout.flow', 'v1.2.3', '50% off', 'a%41b', 'grüße/日本 ✓', 'what?#&=+;:@', "quote's \"key\"", 'back\\slash'];
const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const flag = (/** @type {string} */ key) => ({ key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules: [{ criteria: [], value: bool(false) }] }, environments: [{ id: 'Staging', rules: [{ criteria: [], value: bool(true) }] }] });

/** @type {Part} */
export default {
  async 'a key with special characters opens at its address'({ on, people: { Ann } }) {
    for (const key of KEYS) {
      await on.manage('POST', '/projects/1/items', { item: flag(key) });
      const at = `flags/${encodeURIComponent(key)}`;
      await open(Ann, on.url, `${at}?environment=Staging`);
      await Ann.getByRole('heading', { name: key, exact: true }).waitFor();
      check((await Ann.getByRole('tab', { name: 'Staging' }).getAttribute('aria-selected')) === 'true', `${key}: the rules of the environment are open`);
      await Ann.getByRole('link', { name: 'History' }).click();
      await Ann.getByText('Current version').waitFor();
      await Ann.getByRole('link', { name: 'Test' }).click();
      await Ann.locator('.answer-card .chip.on').waitFor();
      check((await Ann.getByLabel('Key').inputValue()) === key, `${key}: it is asked for`);
    }
    // An address without percent-encoding.
    await open(Ann, on.url, 'flags/team/checkout.flow?environment=Production');
    await Ann.getByRole('heading', { name: 'team/checkout.flow', exact: true }).waitFor();
    check(/environment=Production/.test(Ann.url()), 'the environment is chosen');
    return `${KEYS.length} keys`;
  },

  async 'the list opens such keys and shows their changes'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags?environment=Production');
    const [key] = KEYS.slice(4);
    const row = Ann.locator('.item', { has: Ann.getByText(key, { exact: true }) });
    await row.waitFor();
    await on.manage('PUT', `/projects/1/items/${encodeURIComponent(key)}/value`, { value: bool(true), comment: 'on for all' });
    await row.getByText('on for all').waitFor();
    await row.getByRole('link').first().click();
    await Ann.getByRole('heading', { name: key, exact: true }).waitFor();
  },

  async 'several keys are archived and restored together'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags');
    for (const key of KEYS) await Ann.getByLabel(`Select ${key}`, { exact: true }).check();
    await Ann.getByText(`${KEYS.length} selected`).waitFor();
    await Ann.locator('.bulk').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByRole('dialog').getByRole('textbox').fill('tidying up');
    await Ann.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByText(`Archived ${KEYS.length} flags.`).waitFor();
    await until(async () => (await Ann.getByLabel(`Select ${KEYS[0]}`, { exact: true }).count()) === 0, 'they are gone from the list');
    check((await Ann.locator('.bulk').innerText()) === '', 'nothing is chosen any more');
    await open(Ann, on.url, 'archived');
    for (const key of KEYS) await Ann.getByLabel(`Select ${key}`, { exact: true }).check();
    await picture(Ann, 'restore');
    const found = await axe(Ann, 'archived');
    check(!found.length, found.join('\n  '));
    await Ann.getByRole('button', { name: 'Restore selected' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await Ann.getByText(`${KEYS.length} items restored.`).waitFor();
    for (const key of KEYS) await on.manage('GET', `/projects/1/items/${encodeURIComponent(key)}`);
    await open(Ann, on.url, 'flags');
    await Ann.getByLabel(`Select ${KEYS[0]}`, { exact: true }).waitFor();
  },

  async 'referenced items are archived last and restored first'({ on, people: { Ann } }) {
    const inner = { operator: 'IN_SEG', valueToMatch: { type: 'string', value: 'a-inner' } };
    const segment = (/** @type {string} */ key, /** @type {object[]} */ criteria) => ({ key, type: 'segment', environments: [], default: { rules: [{ criteria, value: bool(true) }, { criteria: [], value: bool(false) }] } });
    await on.manage('POST', '/projects/1/items', { item: segment('a-inner', [{ propertyName: 'user.key', operator: 'PROP_IS_ONE_OF', valueToMatch: { type: 'string_list', value: ['1'] } }]) });
    await on.manage('POST', '/projects/1/items', { item: segment('b-outer', [inner]) });
    await open(Ann, on.url, 'segments');
    await Ann.getByLabel('Select a-inner').check();
    await Ann.locator('.bulk').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByRole('dialog').getByText('b-outer').waitFor();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await Ann.getByLabel('Select b-outer').check();
    await Ann.locator('.bulk').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
    await Ann.getByText('Archived 2 segments.').waitFor();
    await open(Ann, on.url, 'archived');
    await Ann.getByLabel('Select b-outer').check();
    await Ann.getByLabel('Select a-inner').check();
    await Ann.getByRole('button', { name: 'Restore selected' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await Ann.getByText('2 items restored.').waitFor();
  },
};
