// One flag, config or other item: its rules, its past, who uses it.

import * as api from '../api.js';
import { withCode, h, show, notify } from '../dom.js';
import * as edit from '../edit.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { ago, rule as sayRule, TYPES } from '../format.js';
import { confirm } from '../parts/dialog.js';
import { editor } from '../parts/editor.js';

const VIEWS = [['', 'Rules'], ['evaluations', 'Evaluations'], ['history', 'History'], ['uses', 'Used by'], ['together', 'Compare']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<unknown>} */
export default async function render(main, page) {
  const { place } = page;
  const key = place.key;
  document.title = `${key} – Prefab`;
  const view = place.query.get('view') ?? '';
  /** @type {[PublishedItem, Version[], Draft | null]} */
  const [item, versions, draft] = await Promise.all([api.get(page.api('items', key)), api.get(page.api('items', key, 'versions')), quietly(page.api('items', key, 'draft'))]);
  const [right, , name] = TYPES[item.type];
  if (right !== place.page && place.page !== 'secrets') {
    return router.navigate(page.path(right, key) + location.search, { replace: true });
  }
  const last = h('p', { class: 'about' });
  const sayLast = (/** @type {Version} */ version) => show(last, withCode(version.sentence ?? `changed by ${version.changedBy}`), ' · ', h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)));
  sayLast(versions[0]);
  const kinds = h('p', { class: 'row' });
  const sayKinds = (/** @type {Item} */ now) => show(kinds, h('span', { class: 'chip' }, name), now.valueType && h('span', { class: 'chip' }, now.valueType.replace('_', ' ')),
    now.schemaKey && h('a', { class: 'chip', href: page.path('schemas', now.schemaKey) }, `schema ${now.schemaKey}`),
    now.tags && [h('span', { class: 'unseen' }, 'tags: '), now.tags.map((tag) => h('span', { class: 'tag small' }, tag))]);
  sayKinds(item);
  const link = (/** @type {string[]} */ [id, text]) => h('a', { class: 'button', 'aria-current': id === view ? 'page' : null,
    href: page.path(place.page, key) + api.query({ environment: page.environment.id, view: id }) }, text);
  const body = h('div', { class: 'stack' });
  show(main,
    h('div', { class: 'title' }, h('div', { class: 'stack tight' },
      h('p', { class: 'small' }, h('a', { href: page.path(place.page) }, TYPES[item.type][1])),
      h('h1', { class: 'code' }, key),
      kinds, last),
    h('div', { class: 'row' }, h('a', { class: 'button', href: page.path('playground') + api.query({ key, environment: page.environment.id }) }, 'Test'),
      page.may('publisher') && h('button', { type: 'button', class: 'danger', onclick: () => archive(page, item, name) }, 'Archive'))),
    h('nav', { class: 'tabs', 'aria-label': 'Views' }, VIEWS.map(link)), body);

  main.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (view === 'together') return together(body, page, item);
  if (view === 'history') return (await import('../parts/history.js')).history(body, page, key, versions);
  if (view === 'evaluations') return (await import('../parts/chart.js')).evaluations(body, page, key);
  if (view === 'uses') return uses(body, page, key);
  await editor(body, page, item, { draft, versions, onPublished: (version, now) => { sayLast(version); sayKinds(now); } });
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

/** @type {(body: HTMLElement, page: PageContext, item: Item) => void} */
function together(body, page, item) {
  /** @type {(title: string, rules: Rule[], note: string) => HTMLElement} */
  const column = (title, rules, note) => h('section', { class: 'card' }, h('h2', null, title), note && h('p', { class: 'hint' }, note),
    h('ol', { class: 'sentences' }, rules.map((rule) => h('li', null, sayRule(rule)))));
  const sections = page.project.environments.map((one) => {
    const own = edit.rulesOf(item, one.id);
    return column(one.name, own ?? item.default.rules, own ? '' : 'Uses the default rules.');
  });
  show(body, h('div', { class: 'side-by-side' }, sections));
}

/** @type {(body: HTMLElement, page: PageContext, key: string) => Promise<void>} */
async function uses(body, page, key) {
  /** @type {string[]} */
  const keys = await api.get(page.api('items', key, 'used-by'));
  await items.fetchAll(page.project.id);
  const all = items.cached(page.project.id);
  show(body, keys.length ? h('ul', { class: 'card' }, keys.map((one) => h('li', null,
    h('a', { class: 'code', href: page.path(TYPES[all?.get(one)?.type ?? 'config'][0], one) }, one))))
    : h('section', { class: 'empty' }, h('h2', null, 'Not used by other items'), h('p', null, 'Items that refer to this segment, schema or secret key are listed here.')));
}

/** @type {(page: PageContext, item: PublishedItem, name: string) => Promise<void>} */
async function archive(page, item, name) {
  const done = await confirm(`Archive the ${name} ${item.key}?`, h('p', null, 'Clients no longer receive it. You can restore it on the Archived page.'), 'Archive',
    (comment) => api.remove(page.api('items', item.key), { comment, version: item.id }), { isDanger: true, needsComment: page.project.environments.some((one) => one.needsComment) });
  if (!done) return;
  await items.refresh(page.project.id, item.key);
  notify(`Archived ${item.key}.`);
  router.setLeaveGuard(null);
  router.navigate(page.path(TYPES[item.type][0]));
}
