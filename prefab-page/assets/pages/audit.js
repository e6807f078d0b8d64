// Who did what, when and why; and the way back.

import * as api from '../api.js';
import { coded, field, h, labelled, show, table } from '../dom.js';
import * as items from '../items.js';
import { TYPES } from '../format.js';
import { difference, goBack } from '../parts/history.js';
import { select } from '../parts/value.js';

const MOST = 50;
const HEADS = ['When', 'What', 'From'];
const ACTIONS = [['', 'everything'], ['config', 'changes of values'], ['key', 'API keys'], ['environment', 'environments'], ['person', 'people'], ['session', 'signing in'], ['override', 'overrides']];

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Audit – Prefab';
  const wanted = { text: '', who: '', action: '', environment: '' };
  const body = h('tbody');
  const more = h('div');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = () => { clearTimeout(timer); timer = setTimeout(() => draw(), 200); };
  let turn = 0;
  let newest = '';
  known.onLeave(() => clearTimeout(timer));
  await items.fetchAll(known.project.id);
  const all = items.known(known.project.id) ?? new Map();
  const typing = (/** @type {'text' | 'who'} */ name) => h('input', { type: 'search', oninput: (event) => { wanted[name] = event.target.value; later(); } });
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Audit'), h('p', { class: 'about' }, 'Everything that was done, and everything that was refused. Nothing here can be changed.'))),
    h('div', { class: 'row bottom' }, field('Text', typing('text')), field('Who', typing('who')), field('What', select(ACTIONS, '', (next) => { wanted.action = next; draw(); })),
      field('Environment', select([['', 'all'], ...known.project.environments.map((one) => [one.id, one.name])], '', (next) => { wanted.environment = next; draw(); }))),
    h('div', { class: 'scroll' }, table({ class: 'audit' }, h('thead', null, h('tr', null, HEADS.map((name) => h('th', { scope: 'col' }, name)))), body)), more);

  async function draw(before = '') {
    turn += 1;
    const mine = turn;
    /** @type {Audited[]} */
    const records = await api.get(known.api('audit') + api.query({ ...wanted, before, limit: MOST }));
    if (mine !== turn) return;
    if (before) body.append(...records.map(row));
    else show(body, records.length ? records.map(row) : h('tr', null, h('td', { colspan: 3, class: 'faint' }, 'Nothing was done that is like that.')));
    if (!before) newest = records[0]?.id ?? '';
    show(more, records.length === MOST && h('button', { type: 'button', onclick: () => draw(records.at(-1)?.id) }, 'Older'));
  }
  /** Puts what was done meanwhile above the rest, of which something may be open. */
  async function drawNews() {
    if (!newest) return draw();
    const mine = turn;
    /** @type {Audited[]} */
    const records = await api.get(known.api('audit') + api.query({ ...wanted, limit: MOST }));
    if (mine !== turn) return;
    const fresh = records.filter(({ id }) => BigInt(id) > BigInt(newest));
    if (fresh.length === MOST) return draw();
    newest = records[0]?.id ?? newest;
    body.prepend(...fresh.map(row));
  }
  /** @param {Audited} one */
  function row(one) {
    const item = one.version && all.get(one.subject);
    return labelled(HEADS, h('tr', null, h('td', { class: 'time' }, h('time', null, new Date(one.at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }))),
      h('td', null, one.isRefused && h('span', { class: 'chip bad' }, 'refused'), ' ', coded(one.sentence), one.count > 1 && ` (${one.count} times)`, one.comment && h('span', { class: 'comment block' }, `“${one.comment}”`),
        item && changes(one, item)),
      h('td', { class: 'faint small', title: one.via }, one.from, one.via && ` · ${program(one.via)}`)));
  }
  /**
   * What a change did, fetched when it is wanted, with the way back.
   * @type {(one: Audited, item: Summary) => HTMLElement}
   */
  function changes(one, item) {
    const place = h('div', { class: 'stack tight' });
    const details = h('details', { ontoggle: async () => {
      if (!details.open || place.childNodes.length) return;
      show(place, 'Fetching …');
      const { view, from } = await difference(known, one.subject, one.version ?? '');
      show(place, view, h('div', { class: 'row' }, h('a', { class: 'small', href: known.path(TYPES[item.type][0], one.subject) + api.query({ view: 'history' }) }, `All of the history of ${one.subject}`),
        from && known.may('publisher') && h('button', { type: 'button', onclick: () => goBack(known, one.subject, from, 'This makes a new version that is what it was before this change, and before those after it.') }, 'Go back to before this')));
    } }, h('summary', { class: 'small' }, 'What changed'), place);
    return details;
  }
  known.listen((name) => { if (name === 'change' || name === 'again') drawNews(); });
  await draw();
}

/**
 * Browsers say more of themselves than anybody reads.
 * @type {(via: string) => string}
 */
const program = (via) => (via.startsWith('Mozilla/') ? 'in a browser' : via);
