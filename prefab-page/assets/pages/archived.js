// What was archived, and how it comes back.

import * as api from '../api.js';
import { h, show, table, tell } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../words.js';
import { confirm } from '../parts/dialog.js';

/** @type {(main: HTMLElement, known: Known) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Archived – Prefab';
  const body = h('div');
  show(main, h('div', null, h('h1', null, 'Archived'), h('p', { class: 'about' }, 'Clients no longer get these. Nothing is ever lost.')), body);
  async function draw() {
    /** @type {Version[]} */
    const versions = await api.get(known.api('archived'));
    if (!versions.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'Nothing is archived'), h('p', null, 'Flags that are on for everybody for good are best taken out of the code, and then archived.')));
    show(body, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Key', 'Archived', 'By', ''].map((name) => h('th', { scope: 'col' }, name || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, versions.map((one) => h('tr', null, h('td', { class: 'code' }, one.key), h('td', { class: 'time' }, ago(one.changedAt)), h('td', null, one.changedBy),
        h('td', null, known.may('publisher') && h('button', { type: 'button', onclick: () => restore(one) }, 'Restore'))))))));
  }
  /** @param {Version} one */
  async function restore(one) {
    const done = await confirm(`Restore ${one.key}?`, h('p', null, 'It comes back as it was last.'), 'Restore', (comment) => api.post(known.api('items', one.key, 'restore'), { comment }), { needsComment: known.project.environments.some((each) => each.needsComment) });
    if (!done) return;
    tell(`${one.key} is back.`);
    await items.refresh(known.project.id, one.key);
    await draw();
  }
  await draw();
}
