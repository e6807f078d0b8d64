// A restart of the server while a page is open.

import { check, open, publish, until } from '../harness.mjs';

/** @type {Part} */
export default {
  async 'edits survive a restart of the server'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'configs/greeting');
    await Ann.getByLabel('Value').fill('typed while it was away');
    await on.stop();
    await Ann.getByRole('link', { name: 'Segments' }).click();
    await Ann.getByText('Connection lost').waitFor();
    await on.start();
    await Ann.getByRole('heading', { name: 'Segments', exact: true }).waitFor();
    await until(() => Ann.locator('#offline').isHidden(), 'the notice disappears');
    await open(Ann, on.url, 'configs/greeting');
    check((await Ann.getByLabel('Value').inputValue()) === 'typed while it was away', 'what was typed is there');
    await publish(Ann);
  },

  async 'the page receives changes after a restart'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'configs');
    await Ann.locator('[data-row="greeting"]').waitFor();
    await on.stop();
    await on.start();
    await on.manage('PUT', '/projects/1/items/greeting/value', { value: { type: 'string', value: 'after the restart' } });
    await Ann.locator('.item', { hasText: 'after the restart' }).waitFor();
  },
};
