// What the browser tests share: a browser, people with pages, and what must never happen on any of them.

import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.PREFAB_BROWSER_TESTS, 'package.json'));
const { chromium } = require('playwright-core');

export const url = process.env.PREFAB_TEST_URL;
export const key = process.env.PREFAB_TEST_KEY;
export const SIZES = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 900 } };
/** What went wrong in any page: errors of scripts and refusals of the policy. */
export const mishaps = [];

export async function start() {
  return chromium.launch({ executablePath: process.env.PREFAB_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Opens a page for somebody of their own, signed in with an admin key unless told otherwise. */
export async function person(browser, { size = 'wide', theme = 'light', signIn = true, at = '/' } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.on('pageerror', (error) => mishaps.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) mishaps.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => (dialog.type() === 'beforeunload' ? dialog.accept() : mishaps.push(`a dialog: ${dialog.message()}`)));
  if (signIn) {
    await page.goto(url);
    await withKey(page);
  }
  if (at !== '/') await page.goto(url + at);
  return page;
}

export async function withKey(page, text = key) {
  const details = page.locator('details', { hasText: 'Sign in with an admin key' }).last();
  if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
  await page.getByLabel('Admin key').last().fill(text);
  await page.getByRole('button', { name: 'Use the key' }).last().click();
}

/** Asks the management API, as the page would. */
export async function manage(method, at, body) {
  const response = await fetch(`${url}/api/manage/v1${at}`, { method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** What the rules of accessibility say against a page. */
export async function axe(page, name) {
  await page.evaluate(require('node:fs').readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations.flatMap((one) => one.nodes.map((node) => `${name}: ${one.id}: ${node.target.join(' ')}: ${node.failureSummary.split('\n')[1] ?? one.help}`));
}
