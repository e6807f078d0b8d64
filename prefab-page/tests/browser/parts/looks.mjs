// Every page at both widths and in both themes: nobody is kept out, nothing overflows, and it is shown.

import fs from 'node:fs';
import path from 'node:path';

import { axe, check, email, open, password, person } from '../harness.mjs';

const PAGES = { flags: 'flags', flag: 'flags/new-checkout', percent: 'flags/rollout', 'side-by-side': 'flags/new-checkout?view=together', history: 'flags/new-checkout?view=history', chart: 'flags/search.fuzzy?view=evaluations',
  configs: 'configs', config: 'configs/greeting', segments: 'segments', schemas: 'schemas', secrets: 'secrets', 'log-levels': 'log-levels', playground: 'playground', explain: 'playground?key=gift-cards&environment=Production', targeted: 'flags/search.fuzzy?environment=Staging', contexts: 'contexts',
  evaluations: 'evaluations', audit: 'audit', archived: 'archived', environments: 'environments', people: 'people', keys: 'keys', account: 'account', transfer: 'transfer', health: 'health', start: 'start' };

/**
 * Something to look at.
 * @param {Server} on
 */
export async function furnish(on) {
  const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
  const everybody = (/** @type {Flat} */ value) => ({ rules: [{ criteria: [], value }] });
  const shared = { type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 90, value: bool(false) }, { weight: 10, value: bool(true) }] };
  await on.manage('PATCH', '/projects/1', { name: 'Acme shop' });
  await on.manage('POST', '/projects/1/items', { item: { key: 'rollout', type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: everybody(shared), environments: [] } });
  const make = (/** @type {Partial<Item>} */ item) => on.manage('POST', '/projects/1/items', { item: { environments: [], ...item } });
  /** @type {(key: string, rules: Rule[], environments?: Item['environments']) => Promise<unknown>} */
  const flag = (key, rules, environments = []) => make({ key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules }, environments });
  /** @type {(propertyName: string, operator: string, ...value: string[]) => Criterion[]} */
  const when = (propertyName, operator, ...value) => [{ propertyName, operator, valueToMatch: { type: 'string_list', value } }];
  await make({ key: 'our-own-people', type: 'segment', default: { rules: [{ criteria: when('user.email', 'PROP_ENDS_WITH_ONE_OF', '@acme.test'), value: bool(true) }, { criteria: [], value: bool(false) }] } });
  await flag('gift-cards', [{ criteria: [{ operator: 'IN_SEG', valueToMatch: { type: 'string', value: 'our-own-people' } }], value: bool(true) }, { criteria: [], value: bool(false) }]);
  await flag('search.fuzzy', [{ criteria: when('user.plan', 'PROP_IS_ONE_OF', 'pro', 'team'), value: bool(true) }, { criteria: [], value: shared }], [{ id: 'Development', rules: [{ criteria: [], value: bool(true) }] }]);
  await make({ key: 'checkout.timeout', type: 'config', valueType: 'duration', default: everybody({ type: 'duration', value: 'PT30S' }), environments: [{ id: 'Production', ...everybody({ type: 'duration', value: 'PT10S' }) }] });
  await make({ key: 'search.page-size', type: 'config', valueType: 'int', default: everybody({ type: 'int', value: 20 }) });
  await on.manage('PUT', '/projects/1/log-levels/shop', { level: 'INFO' });
  await on.manage('PUT', '/projects/1/log-levels/shop.checkout', { level: 'DEBUG', environment: 'Development', for: { property: 'user.key', values: ['u-7'] }, expiresIn: '1h' });
  await on.manage('PUT', '/projects/1/log-levels/shop.search', { level: 'TRACE', environment: 'Development', for: { segment: 'our-own-people' }, expiresIn: '8h' });
  /** @type {{items: Summary[]}} */
  const { items } = await on.manage('GET', '/projects/1/items');
  const { day } = await import('../telemetry.mjs');
  const id = (/** @type {string} */ key) => items.find((one) => one.key === key)?.id ?? '';
  await day(on, ['new-checkout', 'gift-cards', 'search.fuzzy', 'rollout'].map((key, at) => ({ key, id: id(key), type: 'FEATURE_FLAG', values: [{ value: { bool: true }, share: [0.4, 1, 2, 0.2][at] }, { value: { bool: false }, share: [1.1, 0.3, 0.6, 1.8][at] }] })));
}

/** @type {Part} */
export default {
  async 'every page is open to everybody, at both widths and in both themes'({ on, browser }) {
    await furnish(on);
    const folder = process.env.PREFAB_SCREENSHOTS;
    if (folder) fs.mkdirSync(folder, { recursive: true });
    const found = [];
    let looked = 0;
    for (const size of /** @type {const} */ (['wide', 'narrow'])) for (const theme of /** @type {const} */ (['light', 'dark'])) {
      const page = await person(browser, { size, theme });
      await page.goto(on.url);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      found.push(...await axe(page, `sign-in ${size} ${theme}`));
      await page.getByLabel('E-mail').fill(email('Ann'));
      await page.getByLabel('Password').fill(password('Ann'));
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.locator('#nav').waitFor({ state: 'attached' });
      for (const [name, at] of Object.entries(PAGES)) {
        await open(page, on.url, at);
        await page.waitForTimeout(250);
        found.push(...await axe(page, `${name} ${size} ${theme}`));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${name} ${size}: ${over} pixels too wide`);
        if (folder) await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}.png`) });
        looked += 1;
      }
      await page.context().close();
    }
    check(!found.length, [...new Set(found)].join('\n  '));
    return `${looked} looks`;
  },

  async 'dialogs are open to everybody'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'log-levels');
    await Ann.getByRole('button', { name: 'Set a level' }).click();
    const found = await axe(Ann, 'set a level');
    await Ann.keyboard.press('Escape');
    check((await Ann.getByRole('dialog').count()) === 0, 'Escape closes it');
    check(!found.length, found.join('\n  '));
  },
};
