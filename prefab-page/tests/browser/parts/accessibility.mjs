// Every page at all widths and in both themes: no accessibility violations and no horizontal overflow.

import fs from 'node:fs';
import path from 'node:path';

import { asPerson, axe, check, email, open, password, person } from '../harness.mjs';
import { asADay, furnish } from '../shop.mjs';

const PAGES = { flags: 'flags', flag: 'flags/new-checkout', percent: 'flags/rollout', 'side-by-side': 'flags/new-checkout?view=together', history: 'flags/new-checkout?view=history', chart: 'flags/search.fuzzy?view=evaluations',
  configs: 'configs', config: 'configs/greeting', segments: 'segments', schemas: 'schemas', secrets: 'secrets', 'log-levels': 'log-levels', playground: 'playground', explain: 'playground?key=gift-cards&environment=Production', targeted: 'flags/search.fuzzy?environment=Staging', contexts: 'contexts',
  evaluations: 'evaluations', audit: 'audit', archived: 'archived', environments: 'environments', people: 'people', keys: 'keys', account: 'account', transfer: 'transfer', health: 'health', start: 'start', overview: 'overview', approvals: 'approvals', style: 'style' };

/** @type {Part} */
export default {
  async 'every page is accessible and fits, at all widths and in both themes'({ on, browser, people: { Ann } }) {
    await open(Ann, on.url, 'flags');
    await furnish(on, asPerson(Ann));
    const folder = process.env.PREFAB_SCREENSHOTS;
    if (folder) fs.mkdirSync(folder, { recursive: true });
    const found = [];
    let looked = 0;
    for (const size of /** @type {const} */ (['wide', 'medium', 'narrow'])) for (const theme of /** @type {const} */ (['light', 'dark'])) {
      // Themes do not differ by width, so two widths in dark are enough.
      if (size === 'medium' && theme === 'dark') continue;
      const page = await person(browser, { size, theme });
      await asADay(page);
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
        if (size !== 'medium') found.push(...await axe(page, `${name} ${size} ${theme}`));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${name} ${size}: ${over} pixels too wide`);
        if (folder) await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}.png`) });
        looked += 1;
      }
      await page.context().close();
    }
    check(!found.length, [...new Set(found)].join('\n  '));
    return `${looked} views`;
  },

  async 'dialogs are accessible'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'log-levels');
    await Ann.getByRole('button', { name: 'Set level', exact: true }).click();
    const found = await axe(Ann, 'set a level');
    await Ann.keyboard.press('Escape');
    check((await Ann.getByRole('dialog').count()) === 0, 'Escape closes it');
    check(!found.length, found.join('\n  '));
  },
};
