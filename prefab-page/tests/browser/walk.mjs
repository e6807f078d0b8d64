// People at a real server with real browsers: everything that they do, they do in the page.
//
// Prints one line per part; the last says "all is well" or how many parts failed.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { mishaps, start } from './harness.mjs';
import { server } from './server.mjs';

const PARTS = ['onboarding', 'rules', 'search', 'json', 'playground', 'inputs', 'drafts', 'editing', 'keys', 'levels', 'collaboration', 'accounts', 'administration', 'restart', 'injection', 'accessibility', 'scale'];

// Whatever hangs, the test says so before it is killed without a word.
setTimeout(() => {
  console.log('FAILED the walk did not come to an end within eight minutes');
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
    const begun = Date.now();
    try {
      const told = await act(world);
      console.log(`ok ${title} (${Date.now() - begun} ms)${told ? `: ${told}` : ''}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${title}: ${error.stack}`);
      const pages = browser.contexts().flatMap((context) => context.pages());
      for (const [at, page] of pages.entries()) await page.screenshot({ path: path.join(os.tmpdir(), `prefab-page-failed-${at}.png`) }).catch(() => {});
    }
  }
}

const reports = await (await fetch(`${on.url}/page/csp-reports`)).json();
if (reports.count) mishaps.push(`${reports.count} reports of the policy, the last about ${reports.last}`);
for (const mishap of new Set(mishaps)) {
  failed += 1;
  console.log(`FAILED nothing goes wrong unseen: ${mishap}`);
}
await browser.close();
await on.stop();
fs.rmSync(folder, { recursive: true, force: true });
console.log(failed ? `${failed} failed` : 'all is well');
process.exit(failed ? 1 : 0);
