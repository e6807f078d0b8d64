// The filter of the list: tags and comments.

import { axe, check, open, picture, publish, until } from '../harness.mjs';

const ITEM = { type: 'config', valueType: 'string', environments: [], default: { rules: [{ criteria: [], value: { type: 'string', value: 'x' } }] } };

/** @type {Part} */
export default {
  async 'tags are set in the settings, and shown in the difference and the history'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { ...ITEM, key: 'basket.limit', tags: ['checkout'] }, comment: 'asked for by the shop' });
    await on.manage('POST', '/projects/1/items', { item: { ...ITEM, key: 'basket.text' }, comment: 'ticket SHOP-417' });
    await open(Ann, on.url, 'configs/basket.limit');
    await Ann.getByRole('link', { name: 'Settings', exact: true }).click();
    const tags = Ann.getByLabel('Tags');
    await tags.fill('team blue, money');
    await Ann.keyboard.press('Enter');
    check((await Ann.locator('.list-input .chip .code').allInnerTexts()).join('|') === 'checkout|team blue|money', 'a comma is between two');
    await Ann.getByRole('button', { name: 'Remove money' }).click();
    const found = await axe(Ann, 'settings');
    check(!found.length, found.join('\n  '));
    await picture(Ann, 'tags');
    const diff = await publish(Ann, 'so that the team finds it');
    check(/Tags: checkout, team blue/.test(diff), diff);
    await until(async () => (await Ann.locator('.title .tag').allInnerTexts()).join('|') === 'checkout|team blue', 'they stand below the key');
    await open(Ann, on.url, 'configs/basket.limit?view=history');
    await Ann.locator('ol').getByText('team blue').first().waitFor();
  },

  async 'the list is filtered by tags and by the last comment'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'configs');
    await Ann.locator('[data-row="basket.limit"]').waitFor();
    const search = Ann.locator('#search');
    const rows = async () => (await Ann.locator('[data-row]').evaluateAll((links) => links.map((link) => /** @type {HTMLElement} */ (link).dataset.row))).join();
    for (const [text, keys] of [['team blue', 'basket.limit'], ['shop-417', 'basket.text'], ['team finds', 'basket.limit'], ['basket checkout', 'basket.limit'], ['basket', 'basket.limit,basket.text']]) {
      await search.fill(text);
      await until(async () => (await rows()) === keys, `“${text}” finds ${keys}`);
    }
    check(/team blue/.test(await Ann.locator('.item', { has: Ann.locator('[data-row="basket.limit"]') }).innerText()), 'its tags are shown');
    await Ann.getByText('ticket SHOP-417').waitFor();
    await picture(Ann, 'found');
    const found = await axe(Ann, 'a list with tags');
    check(!found.length, found.join('\n  '));
    await search.fill('');
  },
};
