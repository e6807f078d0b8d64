// A row of the list, and the heads of its columns.

import * as api from '../api.js';
import { h } from '../dom.js';
import * as format from '../format.js';
import { icon } from '../icons.js';
import * as router from '../router.js';
import { avatar, shortName } from './badges.js';
import { currentState, otherStates } from './state-cells.js';
import { sparkline } from './sparkline.js';
import { typeOf } from './list-filter.js';

/**
 * Columns that a user can hide, with their names and widths.
 * @type {[string, string, string][]}
 */
export const COLUMNS = [['tags', 'Tags', 'minmax(0, 150px)'], ['others', 'Other environments', '104px'], ['use', 'Last 24 h', '132px'], ['changed', 'Changed', '150px']];

/** The least width of the window for a column, in pixels. */
const WIDE = { tags: 1240, changed: 1100, use: 960 };

/**
 * Returns which columns fit and are wanted.
 * @type {(hidden: Set<string>, project: Project) => string[]}
 */
export const shownColumns = (hidden, project) => COLUMNS.map(([name]) => name).filter((name) => !hidden.has(name)
  && innerWidth > (WIDE[/** @type {keyof typeof WIDE} */ (name)] ?? 860) && (name !== 'others' || project.environments.length > 1));

/** @type {(columns: string[]) => string} */
export function columnWidths(columns) {
  const width = (/** @type {string} */ name) => COLUMNS.find(([one]) => one === name)?.[2];
  const before = columns.includes('tags') ? ` ${width('tags')}` : '';
  return `20px minmax(12rem, 1fr)${before} minmax(9rem, 210px) ${columns.filter((name) => name !== 'tags').map(width).join(' ')}`;
}

/** @typedef {{page: PageContext, columns: string[], isCompact: boolean, isSelected: (key: string) => boolean, hasDraft: (key: string) => boolean, onSelect: (key: string, isSelected: boolean, isRange: boolean) => void, control: (item: Summary, state: State) => Child}} RowOptions */

/** @type {(item: Summary, how: RowOptions) => HTMLElement} */
export function row(item, { page, columns, isCompact, isSelected, hasDraft, onSelect, control }) {
  const { environment, project, place } = page;
  const [section] = format.TYPES[item.type];
  const href = page.path(section, item.key) + api.query({ environment: environment.id });
  const box = h('input', { type: 'checkbox', 'aria-label': `Select ${item.key}`, checked: isSelected(item.key), onclick: (event) => {
    onSelect(item.key, box.checked, event.shiftKey);
    box.closest('.item')?.classList.toggle('selected', box.checked);
  } });
  const openRow = (/** @type {MouseEvent} */ event) => {
    if (event.target instanceof Element && !event.target.closest('a, input, button, .menu') && !getSelection()?.toString()) router.navigate(href);
  };
  const type = place.page === 'flags' ? '' : format.VALUE_TYPES[typeOf(item)] ?? item.kind;
  const note = [type, item.comment].filter(Boolean).join(' · ');
  const state = item.states.find((one) => one.environment === environment.id);
  const tags = item.tags?.length && [h('span', { class: 'visually-hidden' }, ' tags: '), item.tags.map((tag) => h('span', { class: 'tag' }, tag))];
  /** @type {Record<string, () => HTMLElement>} */
  const cells = {
    tags: () => h('span', { class: 'cell tags' }, tags),
    others: () => h('span', { class: 'cell others' }, otherStates(item.states, page)),
    use: () => h('span', { class: 'cell use', title: item.lastEvaluatedAt === undefined ? '' : `Last evaluated ${format.ago(item.lastEvaluatedAt)}` },
      item.sparkline && (item.evaluations24h ? sparkline(item.sparkline, item.evaluations24h) : h('span', { class: 'faint small' }, item.lastEvaluatedAt ? format.ago(item.lastEvaluatedAt) : '–'))),
    changed: () => h('span', { class: 'cell changed faint', title: `${new Date(item.changedAt).toLocaleString()}, ${item.changedBy}` },
      avatar(item.changedBy), h('span', null, h('span', { class: 'visually-hidden' }, `Changed by ${shortName(item.changedBy)} `), format.ago(item.changedAt))),
  };
  return h('li', { class: `item ${isSelected(item.key) ? 'selected' : ''}`, onclick: openRow },
    h('span', { class: 'cell choose' }, page.may('publisher') && box),
    h('a', { class: 'cell key', 'data-row': item.key, href },
      h('span', { class: 'line' }, h('span', { class: 'code' }, item.key), hasDraft(item.key) && h('span', { class: 'tag drafted' }, 'draft')),
      !isCompact && note && h('span', { class: 'faint tiny' }, note)),
    columns.includes('tags') && cells.tags(),
    h('span', { class: 'cell state current' }, state && control(item, state), state && currentState(state, environment.name)),
    columns.filter((name) => name !== 'tags').map((name) => cells[name]()),
    innerWidth <= 860 && project.environments.length > 1 && cells.others());
}

/** @type {(page: PageContext, columns: string[], sort: string, onSort: (sort: string) => void, all: Child) => HTMLElement} */
export function heads({ project, environment }, columns, sort, onSort, all) {
  const sorted = (/** @type {string} */ first, /** @type {string} */ second, /** @type {string} */ text) => h('button', {
    type: 'button', class: sort === first || sort === second ? 'sorted' : '', 'data-focus': `sort-${first}`, 'aria-label': `Sort by ${text}`, onclick: () => onSort(sort === first ? second : first),
  }, text, (sort === first || sort === second) && icon(sort.startsWith('-') ? 'down' : 'up'));
  /** @type {Record<string, Child>} */
  const texts = {
    others: 'Others', use: sorted('-use', 'use', 'Last 24 h'), changed: sorted('-changed', 'changed', 'Changed'),
  };
  return h('div', { class: 'heads' }, h('span', { class: 'cell choose' }, all), h('span', { class: 'cell' }, sorted('key', 'key', 'Key')),
    columns.includes('tags') && h('span', { class: 'cell' }, 'Tags'), h('span', { class: 'cell' }, project.environments.length > 0 && environment.name),
    columns.filter((name) => name !== 'tags').map((name) => h('span', { class: 'cell' }, texts[name])));
}
