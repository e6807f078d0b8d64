// What the list offers to do: the switch of a row, and the buttons for selected items.

import * as api from '../api.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { menu } from './menu.js';
import { onOff } from './state-cells.js';

const load = () => import('./list-changes.js');

/**
 * Returns the switch of a row, or nothing if the item is not Boolean.
 * @type {(page: PageContext, item: Summary, state: State) => Child}
 */
export function rowSwitch(page, item, state) {
  const known = item.type === 'feature_flag' ? onOff(state) : null;
  if (!known || !page.may('publisher', page.environment.id)) return null;
  const { environment } = page;
  const isMixed = known.kind === 'split' || state.targeted > 0;
  const label = `${item.key} in ${environment.name}`;
  const set = (/** @type {boolean} */ value) => load().then(({ publishTurn }) => publishTurn(page, item.key, value));
  if (!isMixed) {
    const isOn = known.kind === 'on';
    return h('button', { type: 'button', class: 'switch', role: 'switch', 'aria-checked': String(isOn), 'aria-label': label, onclick: () => set(!isOn) });
  }
  return menu({ class: 'switch', role: 'checkbox', 'aria-checked': 'mixed', 'aria-label': label }, null, () => [
    { text: 'Turn on for everyone', icon: 'power', act: () => set(true) },
    { text: 'Turn off for everyone', icon: 'power', isDanger: true, act: () => set(false) },
    { text: 'Edit rules', icon: 'pencil', href: page.path('flags', item.key) + api.query({ environment: environment.id }) },
  ], 'left');
}

/**
 * Returns the buttons for selected items, except archiving.
 * @type {(page: PageContext, selected: Set<string>, how: {isFlags: boolean, tags: () => string[], onDone: () => void}) => Child[]}
 */
export function bulkActions(page, selected, { isFlags, ...how }) {
  const changes = async () => (await load()).bulkChanges(page, selected, how);
  return [
    isFlags && h('button', { type: 'button', onclick: async () => (await changes()).turnAll(true) }, icon('power'), 'Turn on'),
    isFlags && h('button', { type: 'button', onclick: async () => (await changes()).turnAll(false) }, 'Turn off'),
    h('button', { type: 'button', onclick: async () => (await changes()).tagAll() }, icon('tag'), 'Tag'),
    page.project.environments.length > 1 && h('button', { type: 'button', onclick: async () => (await changes()).copyAll() }, icon('transfer'), 'Copy to…'),
  ];
}
