// Shared by the browser tests: the browser, signed-in people, and errors that no page may cause.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.PREFAB_BROWSER_TESTS ?? '', 'package.json'));
/** @type {typeof import('playwright-core')} */
const { chromium } = require('playwright-core');
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const SIZES = { narrow: { width: 360, height: 740 }, medium: { width: 1024, height: 768 }, wide: { width: 1440, height: 900 }, large: { width: 1920, height: 1080 } };
/**
 * Errors of any page: script errors, violations of the content security policy, and unexpected dialogs.
 * @type {string[]}
 */
export const errors = [];

export async function start() {
  return chromium.launch({ executablePath: process.env.PREFAB_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/**
 * Opens a page with cookies of its own.
 * @type {(browser: Browser, how?: {size?: keyof typeof SIZES, theme?: 'light' | 'dark'}) => Promise<Page>}
 */
export async function person(browser, { size = 'wide', theme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: 'reduce', locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on('pageerror', (error) => errors.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) errors.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    if (dialog.type() !== 'beforeunload') errors.push(`a dialog: ${dialog.message()}`);
    dialog.accept();
  });
  return page;
}

/**
 * Creates an account from an invitation link.
 * @type {(page: Page, link: string, name: string) => Promise<void>}
 */
export async function signUp(page, link, name) {
  await page.goto(link);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(email(name));
  await page.getByLabel('Password').fill(password(name));
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.locator('#nav').waitFor({ state: 'attached' });
}

/** @type {(name: string) => string} */
export const email = (name) => `${name.toLowerCase()}@acme.test`;
/** @type {(name: string) => string} */
export const password = (name) => `a good password of ${name}`;

/** @type {(page: Page, key: string) => Promise<void>} */
export async function withKey(page, key) {
  await page.getByText('Sign in with an admin key').last().click();
  await page.getByLabel('Admin key').last().fill(key);
  await page.getByRole('button', { name: 'Sign in with key' }).last().click();
  await page.locator('#nav').waitFor({ state: 'attached' });
}

/**
 * Opens a page of the project.
 * @type {(page: Page, url: string, at: string) => Promise<void>}
 */
export async function open(page, url, at) {
  await page.goto(`${url}/account/projects/1/${at}`);
  await page.locator('#main h1').first().waitFor();
}

/**
 * Publishes the changes on the page, waits for the confirmation, and returns the differences.
 * @type {(page: Page, comment?: string) => Promise<string>}
 */
export async function publish(page, comment = '') {
  await page.getByRole('button', { name: 'Review and publish' }).click();
  const dialog = page.getByRole('dialog');
  if (comment) await dialog.getByRole('textbox').fill(comment);
  const diff = await dialog.locator('.diff').allInnerTexts();
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('Published.', { exact: true }).waitFor();
  return diff.join('\n');
}

/**
 * Returns the accessibility violations of a page.
 * @type {(page: Page, name: string) => Promise<string[]>}
 */
export async function axe(page, name) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  if (passes.length < 10) return [`${name}: fewer than 10 rules were checked`];
  return violations.flatMap((one) => one.nodes.map((node) => `${name}: ${one.id}: ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1] ?? one.help}`));
}

/**
 * Picks an action from the menu of an item or a rule.
 * @type {(page: Page, menu: string, action: string) => Promise<void>}
 */
export async function pick(page, menu, action) {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** @type {(condition: unknown, text: string) => asserts condition} */
export function check(condition, text) {
  if (!condition) throw new Error(text);
}

/**
 * Returns a client of the management API with the session of a page.
 * @type {(page: Page) => Server['manage']}
 */
export const asPerson = (page) => async (method, at, body) => {
  const { ok, answer } = await page.evaluate(async ([method, at, body]) => {
    const { csrf } = await (await fetch('/api/manage/v1/session')).json();
    const response = await fetch(`/api/manage/v1${at}`, { method, headers: { 'content-type': 'application/json', 'x-prefab-csrf': csrf }, body: body || undefined });
    return { ok: response.ok, answer: await response.json() };
  }, [method, at, body === undefined ? '' : JSON.stringify(body)]);
  if (!ok) throw new Error(`${method} ${at}: ${JSON.stringify(answer)}`);
  return answer;
};

/**
 * Waits until a condition is true, at most one minute.
 * @type {(what: () => unknown, text: string) => Promise<void>}
 */
export async function until(what, text) {
  for (const end = Date.now() + 60000; Date.now() < end;) {
    if (await what()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`not true within a minute: ${text}`);
}

/**
 * Saves screenshots of a page at both widths and in both themes, if PREFAB_SCREENSHOTS names a folder.
 * @type {(page: Page, name: string) => Promise<void>}
 */
export async function picture(page, name) {
  const folder = process.env.PREFAB_SCREENSHOTS;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  for (const size of /** @type {const} */ (['narrow', 'wide'])) for (const theme of /** @type {const} */ (['dark', 'light'])) {
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}.png`) });
  }
}
