// Browser tests: people use the page of a real server in a real browser.
//
// Prints one line per test. The last line is "all is well" or the number of failures.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { errors, start } from './harness.mjs';
import { server } from './server.mjs';

const PARTS = ['onboarding', 'rules', 'search', 'json', 'playground', 'inputs', 'drafts', 'editing', 'keys', 'levels', 'design', 'collaboration', 'installation', 'accounts', 'administration', 'restart', 'injection', 'accessibility', 'scale'];

// Reports a hanging test before the test runner kills the process.
setTimeout(() => {
  console.log('FAILED the tests did not finish within 8 minutes');
  process.exit(1);
}, 8 * 60000).unref();

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prefab-page-'));
const on = await server(folder);
const browser = await start();
/** @type {World} */
const world = { on, browser, people: {} };
let failed = 0;
const wanted = process.env.PREFAB_BROWSER_PARTS?.split(',') ?? PARTS;

for (const name of PARTS.filter((one) => one === 'onboarding' || wanted.includes(one))) {
  /** @type {{default: Part}} */
  const { default: part } = await import(`./parts/${name}.mjs`);
  for (const [title, act] of Object.entries(part)) {
    const started = Date.now();
    try {
      const result = await act(world);
      console.log(`ok ${title} (${Date.now() - started} ms)${result ? `: ${result}` : ''}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${title}: ${error.stack}`);
      const pages = browser.contexts().flatMap((context) => context.pages());
      for (const [at, page] of pages.entries()) await page.screenshot({ path: path.join(os.tmpdir(), `prefab-page-failed-${at}.png`) }).catch(() => {});
    }
  }
}

const reports = await (await fetch(`${on.url}/page/csp-reports`)).json();
if (reports.count) errors.push(`${reports.count} reports of policy violations, the last one of ${reports.last}`);
for (const error of new Set(errors)) {
  failed += 1;
  console.log(`FAILED unexpected error: ${error}`);
}
await browser.close();
await on.stop();
fs.rmSync(folder, { recursive: true, force: true });
console.log(failed ? `${failed} failed` : 'all is well');
process.exit(failed ? 1 : 0);
