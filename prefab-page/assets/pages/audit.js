// Who did what, when and why; and the way back.

import * as api from '../api.js';
import { field, h, show, table } from '../dom.js';
import * as items from '../items.js';
import { TYPES } from '../words.js';
import { select } from '../parts/value.js';

const ACTIONS = [['', 'everything'], ['config', 'changes of values'], ['key', 'API keys'], ['environment', 'environments'], ['person', 'people'], ['session', 'signing in'], ['override', 'overrides']];

/** @type {(main: HTMLElement, known: Known) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Audit – Prefab';
  const wanted = { text: '', who: '', action: '', environment: '' };
  const body = h('tbody');
  const more = h('div');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = () => { clearTimeout(timer); timer = setTimeout(() => draw(), 200); };
  known.onLeave(() => clearTimeout(timer));
  await items.fetchAll(known.project.id);
  const all = items.known(known.project.id) ?? new Map();
  const typing = (/** @type {'text' | 'who'} */ name) => h('input', { type: 'search', oninput: (event) => { wanted[name] = event.target.value; later(); } });
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Audit'), h('p', { class: 'about' }, 'Everything that was done, and everything that was refused. Nothing here can be changed.'))),
    h('div', { class: 'row bottom' }, field('Text', typing('text')), field('Who', typing('who')), field('What', select(ACTIONS, '', (next) => { wanted.action = next; draw(); })),
      field('Environment', select([['', 'all'], ...known.project.environments.map((one) => [one.id, one.name])], '', (next) => { wanted.environment = next; draw(); }))),
    h('div', { class: 'scroll' }, table({ class: 'audit' }, h('thead', null, h('tr', null, ['When', 'Who', 'What', 'From'].map((name) => h('th', { scope: 'col' }, name)))), body)), more);

  async function draw(before = '') {
    /** @type {Audited[]} */
    const records = await api.get(known.api('audit') + api.query({ ...wanted, before, limit: 50 }));
    const rows = records.map(row);
    if (before) body.append(...rows);
    else show(body, rows.length ? rows : h('tr', null, h('td', { colspan: 4, class: 'faint' }, 'Nothing was done that is like that.')));
    show(more, records.length === 50 && h('button', { type: 'button', onclick: () => draw(records.at(-1)?.id) }, 'Older'));
  }
  /** @param {Audited} one */
  function row(one) {
    const item = one.version && all.get(one.subject);
    return h('tr', null, h('td', { class: 'time' }, h('time', null, new Date(one.at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }))), h('td', null, one.who),
      h('td', null, one.isRefused && h('span', { class: 'chip bad' }, 'refused'), ' ', one.sentence, one.comment && h('span', { class: 'comment block' }, `“${one.comment}”`),
        item && h('a', { class: 'small block', href: known.path(TYPES[item.type][0], one.subject) + api.query({ view: 'history' }) }, `history of ${one.subject}`)),
      h('td', { class: 'faint small' }, one.from, one.via && ` · ${one.via}`));
  }
  known.listen((name) => { if (name === 'change' || name === 'again') later(); });
  await draw();
}
