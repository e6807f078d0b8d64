// Log levels for a segment.

import { check, open, until } from '../harness.mjs';
import { client } from '../server.mjs';
import { lines } from '../telemetry.mjs';

/** @type {Part} */
export default {
  async 'a log level for a segment reaches clients, counts messages, and is removed'({ on, people: { Ann } }) {
    const rules = [{ criteria: [{ propertyName: 'user.email', operator: 'PROP_ENDS_WITH_ONE_OF', valueToMatch: { type: 'string_list', value: ['@acme.test'] } }], value: { type: 'bool', value: true } }, { criteria: [], value: { type: 'bool', value: false } }];
    await on.manage('POST', '/projects/1/items', { item: { key: 'testers', type: 'segment', environments: [], default: { rules } } });
    const one = await client(on, 'Development');
    await open(Ann, on.url, 'log-levels?environment=Development');
    await Ann.getByRole('button', { name: 'Set level', exact: true }).click();
    const dialog = Ann.getByRole('dialog');
    await dialog.getByLabel('Logger').fill('billing.tax');
    await dialog.getByLabel('Level', { exact: true }).selectOption('TRACE');
    await dialog.getByLabel('For', { exact: true }).selectOption('15m');
    await dialog.getByLabel('Applies to').selectOption('segment');
    await dialog.getByLabel('Segment').selectOption('testers');
    await dialog.getByRole('button', { name: 'Set level', exact: true }).click();
    await Ann.getByText('billing.tax set to TRACE. Development: 1 of 1 clients updated').waitFor();
    await one.close();
    const row = Ann.locator('tr', { hasText: 'tax' });
    await row.getByText('in segment testers').waitFor();
    await row.getByText(/^expires in 1[45] min/).waitFor();
    const asked = { key: 'log-level.billing.tax', environment: 'Development', contexts: { user: { email: 'ann@acme.test' } } };
    check((await on.manage('POST', '/projects/1/explain', asked)).value === 'TRACE', 'it holds for those in the segment');
    await lines(on, 'billing.tax', { traces: 41 });
    await row.getByText('TRACE 41').waitFor();
    // The table is drawn every 5 seconds; a click across that still counts.
    const button = await row.getByRole('button', { name: 'Remove TRACE of billing.tax' }).boundingBox();
    check(button, 'the button is there');
    await Ann.mouse.move(button.x + 10, button.y + 10);
    await Ann.mouse.down();
    await Ann.waitForTimeout(5500);
    await Ann.mouse.up();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await until(async () => (await row.getByText('in segment testers').count()) === 0, 'the level is gone');
  },
};
