// Archived items, with a button to restore them.

import * as api from '../api.js';
import { h, notify, show, table } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../format.js';
import { confirm } from '../parts/dialog.js';
import { forEachKey } from '../parts/for-each-key.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Archived – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', null, h('h1', null, 'Archived'), h('p', { class: 'about' }, 'Clients no longer receive these items. You can restore them at any time.')), body);
  const bulk = h('div', { class: 'row bulk' });
  /** @type {Set<string>} */
  const selected = new Set();
  const drawBulk = () => show(bulk, selected.size > 0 && [h('span', { class: 'small' }, `${selected.size} selected`),
    h('button', { type: 'button', onclick: () => restore([...selected]) }, 'Restore selected')]);
  async function draw() {
    /** @type {Version[]} */
    const versions = await api.get(page.api('archived'));
    drawBulk();
    if (!versions.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'No archived items'), h('p', null, 'When a flag is on for everyone permanently, remove it from the code, then archive it.')));
    const mayRestore = page.mayEverywhere('publisher');
    const box = (/** @type {string} */ key) => h('input', { type: 'checkbox', 'aria-label': `Select ${key}`, checked: selected.has(key), onchange: (event) => {
      if (event.target.checked) selected.add(key);
      else selected.delete(key);
      drawBulk();
    } });
    show(body, bulk, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, mayRestore && h('th', { scope: 'col' }, 'Select'), ['Key', 'Archived', 'By', ''].map((name) => h('th', { scope: 'col' }, name || h('span', { class: 'visually-hidden' }, 'Actions'))))),
      h('tbody', null, versions.map((one) => h('tr', null, mayRestore && h('td', null, box(one.key)), h('td', { class: 'code' }, one.key), h('td', { class: 'time' }, ago(one.changedAt)), h('td', null, one.changedBy),
        h('td', null, mayRestore && h('button', { type: 'button', 'aria-label': `Restore ${one.key}`, onclick: () => restore([one.key]) }, 'Restore'))))))));
  }
  /** @param {string[]} keys */
  async function restore(keys) {
    const label = keys.length === 1 ? keys[0] : `${keys.length} items`;
    const remaining = new Set(keys);
    const done = await confirm(`Restore ${label}?`, h('p', null, 'The last version before archiving becomes current again.'), 'Restore', async (comment) => {
      await forEachKey(remaining, async (key) => {
        await api.post(page.api('items', key, 'restore'), { comment });
        selected.delete(key);
        items.refresh(page.project.id, key);
      });
    }, { needsComment: page.project.environments.some((each) => each.needsComment) });
    await draw();
    if (done) notify(`${label} restored.`);
  }
  await draw();
}
