// What was archived, and how it comes back.

import * as api from '../api.js';
import { h, show, table, tell } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../format.js';
import { confirm } from '../parts/dialog.js';
import { each } from '../parts/for-each-key.js';

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Archived – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', null, h('h1', null, 'Archived'), h('p', { class: 'about' }, 'Clients no longer get these. Nothing is ever lost.')), body);
  const bulk = h('div', { class: 'row bulk' });
  /** @type {Set<string>} */
  const chosen = new Set();
  const drawBulk = () => show(bulk, chosen.size > 0 && [h('span', { class: 'small' }, `${chosen.size} chosen`),
    h('button', { type: 'button', onclick: () => restore([...chosen]) }, 'Restore the chosen')]);
  async function draw() {
    /** @type {Version[]} */
    const versions = await api.get(known.api('archived'));
    drawBulk();
    if (!versions.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'Nothing is archived'), h('p', null, 'Flags that are on for everybody for good are best taken out of the code, and then archived.')));
    const may = known.may('publisher');
    const box = (/** @type {string} */ key) => h('input', { type: 'checkbox', 'aria-label': `Choose ${key}`, checked: chosen.has(key), onchange: (event) => {
      if (event.target.checked) chosen.add(key);
      else chosen.delete(key);
      drawBulk();
    } });
    show(body, bulk, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, may && h('th', { scope: 'col' }, 'Choose'), ['Key', 'Archived', 'By', ''].map((name) => h('th', { scope: 'col' }, name || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, versions.map((one) => h('tr', null, may && h('td', null, box(one.key)), h('td', { class: 'code' }, one.key), h('td', { class: 'time' }, ago(one.changedAt)), h('td', null, one.changedBy),
        h('td', null, may && h('button', { type: 'button', 'aria-label': `Restore ${one.key}`, onclick: () => restore([one.key]) }, 'Restore'))))))));
  }
  /** @param {string[]} keys */
  async function restore(keys) {
    const named = keys.length === 1 ? keys[0] : `${keys.length} items`;
    const left = new Set(keys);
    const done = await confirm(`Restore ${named}?`, h('p', null, keys.length === 1 ? 'It comes back as it was last.' : 'They come back as they were last.'), 'Restore', async (comment) => {
      await each(left, async (key) => {
        await api.post(known.api('items', key, 'restore'), { comment });
        chosen.delete(key);
        items.refresh(known.project.id, key);
      });
    }, { needsComment: known.project.environments.some((each) => each.needsComment) });
    await draw();
    if (done) tell(keys.length === 1 ? `${named} is back.` : `${named} are back.`);
  }
  await draw();
}
