// One flag, config or other item: its rules, its past, who uses it.

import * as api from '../api.js';
import { coded, h, show, tell } from '../dom.js';
import * as edit from '../edit.js';
import * as items from '../items.js';
import * as places from '../router.js';
import { ago, rule as sayRule, TYPES } from '../format.js';
import { confirm } from '../parts/dialog.js';
import { editor } from '../parts/editor.js';

const VIEWS = [['', 'Rules'], ['together', 'Side by side'], ['history', 'History'], ['evaluations', 'Evaluations'], ['uses', 'Used by']];

/** @type {(main: HTMLElement, known: PageContext) => Promise<unknown>} */
export default async function page(main, known) {
  const { place } = known;
  const key = place.key;
  document.title = `${key} – Prefab`;
  const view = place.query.get('view') ?? '';
  /** @type {[PublishedItem, Version[], Draft | null]} */
  const [item, versions, draft] = await Promise.all([api.get(known.api('items', key)), api.get(known.api('items', key, 'versions')), quietly(known.api('items', key, 'draft'))]);
  const [right, , name] = TYPES[item.type];
  if (right !== place.page && place.page !== 'secrets') {
    return places.go(known.path(right, key) + location.search, { replace: true });
  }
  const last = h('p', { class: 'about' });
  const sayLast = (/** @type {Version} */ version) => show(last, coded(version.sentence ?? `changed by ${version.changedBy}`), ' · ', h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)));
  sayLast(versions[0]);
  const kinds = h('p', { class: 'row' });
  const sayKinds = (/** @type {Item} */ now) => show(kinds, h('span', { class: 'chip' }, name), now.valueType && h('span', { class: 'chip' }, now.valueType.replace('_', ' ')),
    now.schemaKey && h('a', { class: 'chip', href: known.path('schemas', now.schemaKey) }, `schema ${now.schemaKey}`),
    now.tags && [h('span', { class: 'unseen' }, 'tags: '), now.tags.map((tag) => h('span', { class: 'tag small' }, tag))]);
  sayKinds(item);
  const link = (/** @type {string[]} */ [id, text]) => h('a', { class: 'button', 'aria-current': id === view ? 'page' : null,
    href: known.path(place.page, key) + api.query({ environment: known.environment.id, view: id }) }, text);
  const body = h('div', { class: 'stack' });
  show(main,
    h('div', { class: 'title' }, h('div', { class: 'stack tight' },
      h('p', { class: 'small' }, h('a', { href: known.path(place.page) }, TYPES[item.type][1])),
      h('h1', { class: 'code' }, key),
      kinds, last),
    h('div', { class: 'row' }, h('a', { class: 'button', href: known.path('playground') + api.query({ key, environment: known.environment.id }) }, 'Try it'),
      known.may('publisher') && h('button', { type: 'button', class: 'danger', onclick: () => archive(known, item, name) }, 'Archive'))),
    h('nav', { class: 'tabs', 'aria-label': 'Views' }, VIEWS.map(link)), body);

  main.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (view === 'together') return together(body, known, item);
  if (view === 'history') return (await import('../parts/history.js')).history(body, known, key, versions);
  if (view === 'evaluations') return (await import('../parts/chart.js')).evaluations(body, known, key);
  if (view === 'uses') return uses(body, known, key);
  await editor(body, known, item, { draft, versions, onPublished: (version, now) => { sayLast(version); sayKinds(now); } });
}

/**
 * What may not be there.
 * @template T
 * @param {string} path
 * @returns {Promise<T | null>}
 */
async function quietly(path) {
  try {
    return await api.get(path);
  } catch (error) {
    if (error.code === 'not_found' || error.code === 'forbidden') return null;
    throw error;
  }
}

/** @type {(body: HTMLElement, known: PageContext, item: Item) => void} */
function together(body, known, item) {
  /** @type {(title: string, rules: Rule[], note: string) => HTMLElement} */
  const column = (title, rules, note) => h('section', { class: 'card' }, h('h2', null, title), note && h('p', { class: 'hint' }, note),
    h('ol', { class: 'sentences' }, rules.map((rule) => h('li', null, sayRule(rule)))));
  const sections = known.project.environments.map((one) => {
    const own = edit.rulesOf(item, one.id);
    return column(one.name, own ?? item.default.rules, own ? '' : 'Follows the rules for all environments.');
  });
  show(body, h('div', { class: 'side-by-side' }, sections));
}

/** @type {(body: HTMLElement, known: PageContext, key: string) => Promise<void>} */
async function uses(body, known, key) {
  /** @type {string[]} */
  const keys = await api.get(known.api('items', key, 'used-by'));
  await items.fetchAll(known.project.id);
  const all = items.known(known.project.id);
  show(body, keys.length ? h('ul', { class: 'card' }, keys.map((one) => h('li', null,
    h('a', { class: 'code', href: known.path(TYPES[all?.get(one)?.type ?? 'config'][0], one) }, one))))
    : h('section', { class: 'empty' }, h('h2', null, 'Nothing refers to it'), h('p', null, 'Segments, schemas and keys for secrets are referred to by others; here they would be listed.')));
}

/** @type {(known: PageContext, item: PublishedItem, name: string) => Promise<void>} */
async function archive(known, item, name) {
  const done = await confirm(`Archive the ${name} ${item.key}?`, h('p', null, 'Clients no longer get it. It can be restored from the page “Archived”.'), 'Archive',
    (comment) => api.remove(known.api('items', item.key), { comment, version: item.id }), { isDanger: true, needsComment: known.project.environments.some((one) => one.needsComment) });
  if (!done) return;
  await items.refresh(known.project.id, item.key);
  tell(`Archived ${item.key}.`);
  places.guard(null);
  places.go(known.path(TYPES[item.type][0]));
}
