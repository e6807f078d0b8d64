// Filters and order of the list. Both are in the address, so that a link opens the same view.

import { field, h, show } from '../dom.js';
import { icon } from '../icons.js';
import { VALUE_TYPES } from '../format.js';
import * as router from '../router.js';
import { shortName } from './badges.js';
import { filterItems } from './filter.js';
import { menu } from './menu.js';
import { onOff } from './state-cells.js';
import { select } from './select.js';

/** @typedef {'state' | 'tag' | 'type' | 'by' | 'only'} FilterName */
/** @typedef {{q: string, sort: string} & Record<FilterName, string>} View */

/** @type {[FilterName, string][]} */
const FILTERS = [['state', 'State'], ['tag', 'Tag'], ['type', 'Type'], ['by', 'Changed by'], ['only', 'Only']];
/** @type {Record<string, string>} */
const STATES = { on: 'on', off: 'off', split: 'percentage', rules: 'with rules' };
/** @type {Record<string, string>} */
const ONLY = { draft: 'with a draft', stale: 'not evaluated for 30 days', never: 'never evaluated' };
const STALE_MS = 30 * 864e5;

/**
 * Orders of the list, with their names.
 * @type {Record<string, string>}
 */
export const ORDERS = { key: 'Key', '-changed': 'Last changed', changed: 'First changed', '-use': 'Most evaluated', use: 'Least evaluated' };

/** @type {(query: URLSearchParams) => View} */
export const viewOf = (query) => {
  const text = (/** @type {string} */ name) => query.get(name) ?? '';
  return { q: text('q'), sort: text('sort') || 'key', state: text('state'), tag: text('tag'), type: text('type'), by: text('by'), only: text('only') };
};

/**
 * Writes a view into the address.
 * @type {(view: View) => void}
 */
export function remember(view) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(view)) {
    if (value && !(name === 'sort' && value === 'key')) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  history.replaceState(null, '', url.pathname + url.search);
  router.rememberLocation();
}

/** @type {(item: Summary) => string} */
export const typeOf = (item) => item.kind.replace(/ ?(config|feature flag|flag)$/, '').replaceAll(' ', '_') || 'bool';

/**
 * Returns the items of a view in its order.
 * @type {(all: Summary[], view: View, environment: string, drafts: Set<string>) => Summary[]}
 */
export function applyView(all, view, environment, drafts) {
  const stateOf = (/** @type {Summary} */ item) => item.states.find((one) => one.environment === environment);
  const isWanted = (/** @type {Summary} */ item) => {
    const state = stateOf(item);
    if (view.state && (view.state === 'rules' ? !state?.targeted : !state || onOff(state)?.kind !== view.state)) return false;
    if (view.tag && !item.tags?.includes(view.tag)) return false;
    if (view.type && typeOf(item) !== view.type) return false;
    if (view.by && shortName(item.changedBy) !== view.by) return false;
    if (view.only === 'draft') return drafts.has(item.key);
    if (view.only === 'never') return item.lastEvaluatedAt === null;
    return view.only !== 'stale' || (item.lastEvaluatedAt ?? 0) < Date.now() - STALE_MS;
  };
  const terms = view.q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = filterItems(all.filter(isWanted), terms, environment, drafts);
  const order = (/** @type {Summary} */ item) => (view.sort.endsWith('use') ? item.evaluations24h ?? 0 : item.changedAt);
  if (view.sort === 'key') return found;
  const sign = view.sort.startsWith('-') ? -1 : 1;
  return [...found].sort((left, right) => sign * (order(left) - order(right)) || left.key.localeCompare(right.key));
}

/** @type {(name: FilterName, value: string) => string} */
const textOf = (name, value) => ({ state: STATES[value], type: VALUE_TYPES[value], only: ONLY[value] }[/** @type {string} */ (name)] ?? value);

/**
 * Draws the chips of the active filters, with a button that removes each.
 * @type {(place: HTMLElement, view: View, onChange: () => void) => void}
 */
export function filterChips(place, view, onChange) {
  const active = FILTERS.filter(([name]) => view[name]);
  show(place, active.map(([name, title]) => h('span', { class: 'filter-chip' }, title, h('b', null, textOf(name, view[name])),
    h('button', { type: 'button', class: 'icon', 'aria-label': `Remove filter ${title}`, onclick: () => { view[name] = ''; onChange(); } }, icon('close')))),
  active.length > 1 && h('button', { type: 'button', class: 'quiet', onclick: () => { for (const [name] of FILTERS) view[name] = ''; onChange(); } }, 'Clear'));
}

/**
 * Returns the menu that sets filters. `all` are the items that the choices come from.
 * @type {(view: View, all: () => Summary[], isFlags: boolean, onChange: () => void) => HTMLElement}
 */
export const filterMenu = (view, all, isFlags, onChange) => menu({ class: 'quiet', 'aria-label': 'Filter' }, [icon('filter'), 'Filter'], () => {
  const count = (/** @type {(item: Summary) => string[]} */ read) => [...new Set(all().flatMap(read))].sort().map((one) => [one, one]);
  /** @type {Record<FilterName, string[][]>} */
  const choices = {
    state: isFlags ? Object.entries(STATES) : [['rules', STATES.rules]],
    tag: count((item) => item.tags ?? []),
    type: count((item) => [typeOf(item)]).map(([one]) => [one, VALUE_TYPES[one] ?? one]),
    by: count((item) => [shortName(item.changedBy)]),
    only: Object.entries(ONLY),
  };
  return FILTERS.filter(([name]) => choices[name].length).map(([name, title]) => h('div', { class: 'form' },
    field(title, select([['', 'Any'], ...choices[name]], view[name], (value) => { view[name] = value; onChange(); }))));
}, 'left');

const STORED = 'prefab-views';
/** @type {(page: string) => Record<string, string>} */
const savedViews = (page) => JSON.parse(localStorage.getItem(`${STORED} ${page}`) ?? '{}');

/**
 * Returns the menu of saved views. A view is the query of its address.
 * @type {(page: string, ask: () => Promise<string | null>) => HTMLElement}
 */
export const viewMenu = (page, ask) => menu({ 'aria-label': 'Views' }, [icon('star'), 'Views'], () => {
  const saved = savedViews(page);
  const store = (/** @type {Record<string, string>} */ next) => localStorage.setItem(`${STORED} ${page}`, JSON.stringify(next));
  const query = new URLSearchParams(location.search);
  query.delete('environment');
  const current = query.toString();
  const active = Object.entries(saved).find(([, one]) => one === current)?.[0];
  return [
    ...Object.entries(saved).map(([name, one]) => ({ text: name, isChecked: name === active, act: () => router.navigate(`${location.pathname}?${one}`) })),
    Object.keys(saved).length > 0 && h('hr'),
    { text: 'All', icon: 'undo', act: () => router.navigate(location.pathname) },
    { text: 'Save this view…', icon: 'plus', act: async () => {
      const name = await ask();
      if (name) store({ ...saved, [name]: current });
    } },
    active !== undefined && { text: `Delete “${active}”`, icon: 'close', isDanger: true, act: () => {
      delete saved[active];
      store(saved);
    } },
  ];
});
