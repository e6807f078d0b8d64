// The audit log, with a button to revert a change.

import * as api from '../api.js';
import { field, h, labelCells, show, table, withCode } from '../dom.js';
import * as items from '../items.js';
import { inWords, TYPES } from '../format.js';
import { icon } from '../icons.js';
import { avatar } from '../parts/badges.js';
import { difference, restoreVersion } from '../parts/history.js';
import { select } from '../parts/value.js';

const PAGE_SIZE = 50;
const COLUMNS = ['Time', 'Action', 'Client'];
const ACTIONS = [['', 'All actions'], ['config', 'Values'], ['key', 'API keys'], ['environment', 'Environments'], ['person', 'People'], ['session', 'Sign-in'], ['override', 'Overrides']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Audit log – Prefab';
  const filter = { text: '', who: '', action: '', environment: '' };
  const body = h('tbody');
  const more = h('div');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const drawLater = () => { clearTimeout(timer); timer = setTimeout(() => draw(), 200); };
  let sequence = 0;
  let newest = '';
  page.onLeave(() => clearTimeout(timer));
  await items.fetchAll(page.project.id);
  const all = items.cached(page.project.id) ?? new Map();
  const typing = (/** @type {'text' | 'who'} */ name) => h('input', { type: 'search', oninput: (event) => { filter[name] = event.target.value; drawLater(); } });
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Audit log'), h('p', { class: 'about' }, 'All changes and refused requests. Entries cannot be changed.')),
      // A download has no header for an admin key.
      !api.session.isKey && h('a', { class: 'button', download: 'audit.jsonl', href: `/api/manage/v1${page.api('audit.jsonl')}` }, icon('transfer'), 'Export')),
    h('div', { class: 'row bottom' }, field('Text', typing('text')), field('Person', typing('who')), field('Action', select(ACTIONS, '', (next) => { filter.action = next; draw(); })),
      field('Environment', select([['', 'All environments'], ...page.project.environments.map((one) => [one.id, one.name])], '', (next) => { filter.environment = next; draw(); }))),
    h('div', { class: 'scroll' }, table({ class: 'audit' }, h('thead', null, h('tr', null, COLUMNS.map((name) => h('th', { scope: 'col' }, name)))), body)), more);

  async function draw(before = '') {
    sequence += 1;
    const own = sequence;
    /** @type {Audited[]} */
    const records = await api.get(page.api('audit') + api.query({ ...filter, before, limit: PAGE_SIZE }));
    if (own !== sequence) return;
    if (before) body.append(...records.map(row));
    else show(body, records.length ? records.map(row) : h('tr', null, h('td', { colspan: 3, class: 'faint' }, 'No matching entries.')));
    if (!before) newest = records[0]?.id ?? '';
    show(more, records.length === PAGE_SIZE && h('button', { type: 'button', onclick: () => draw(records.at(-1)?.id) }, 'Load older entries'));
  }
  /** Adds new entries above the others, some of which may be expanded. */
  async function drawNew() {
    if (!newest) return draw();
    const own = sequence;
    /** @type {Audited[]} */
    const records = await api.get(page.api('audit') + api.query({ ...filter, limit: PAGE_SIZE }));
    if (own !== sequence) return;
    const added = records.filter(({ id }) => BigInt(id) > BigInt(newest));
    if (added.length === PAGE_SIZE) return draw();
    newest = records[0]?.id ?? newest;
    body.prepend(...added.map(row));
  }
  /** @param {Audited} one */
  function row(one) {
    const item = one.version && all.get(one.subject);
    return labelCells(COLUMNS, h('tr', null, h('td', { class: 'time' }, h('time', null, new Date(one.at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }))),
      h('td', null, one.isRefused && h('span', { class: 'chip bad' }, 'Refused'), ' ', avatar(one.who), ' ', withCode(inWords(one.sentence)), one.count > 1 && ` (${one.count} times)`, one.comment && h('span', { class: 'comment block' }, `“${one.comment}”`),
        item && changes(one, item)),
      h('td', { class: 'faint small', title: one.via }, one.from, one.via && ` · ${clientName(one.via)}`)));
  }
  /**
   * Returns the changes of an entry, fetched when expanded, with a button to revert them.
   * @type {(one: Audited, item: Summary) => HTMLElement}
   */
  function changes(one, item) {
    const place = h('div', { class: 'stack tight' });
    const details = h('details', { ontoggle: async () => {
      if (!details.open || place.childNodes.length) return;
      show(place, 'Loading…');
      const { view, from } = await difference(page, one.subject, one.version ?? '');
      show(place, view, h('div', { class: 'row' }, h('a', { class: 'small', href: page.path(TYPES[item.type][0], one.subject) + api.query({ view: 'history' }) }, `History of ${one.subject}`),
        from && page.may('publisher') && h('button', { type: 'button', onclick: () => restoreVersion(page, one.subject, from, 'This creates a new version equal to the one before this change. Later changes are reverted too.') }, 'Revert this change')));
    } }, h('summary', { class: 'small' }, 'Show changes'), place);
    return details;
  }
  page.listen((name) => { if (name === 'change' || name === 'reconnected') drawNew(); });
  await draw();
}

/**
 * Returns the name of the client; all browsers are `browser`.
 * @type {(via: string) => string}
 */
const clientName = (via) => (via.startsWith('Mozilla/') ? 'browser' : via);
