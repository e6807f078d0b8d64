// The states of an item in the list: a chip for the chosen environment, and a summary of the others.

import { h } from '../dom.js';
import { inWords } from '../format.js';

/** Up to this number of other environments, each has a dot; more are summarized. */
const MAX_DOTS = 4;

/**
 * Returns the cell with the state in the selected environment and a summary of the others.
 * @type {(all: State[], page: PageContext) => HTMLElement}
 */
export function stateCells(all, { project, environment }) {
  const current = all.find((state) => state.environment === environment.id);
  const others = all.filter((state) => state !== current);
  const name = (/** @type {State} */ state) => project.environments.find((one) => one.id === state.environment)?.name ?? '';
  return h('span', { class: 'cell states' },
    h('span', { class: 'cell state current' }, current && chip(current, name(current))),
    others.length > 0 && h('span', { class: 'cell others' }, others.every((state) => onOff(state)) ? dots(others, name) : difference(others, current, name)));
}

/** @type {(others: State[], name: (state: State) => string) => Child} */
function dots(others, name) {
  if (others.length > MAX_DOTS) {
    const count = (/** @type {string} */ kind) => others.filter((state) => onOff(state)?.kind === kind).length;
    const parts = [['on', 'on'], ['off', 'off'], ['split', 'partly']].filter(([kind]) => count(kind)).map(([kind, text]) => `${count(kind)} ${text}`);
    return h('span', { class: 'faint tiny', title: parts.join(', ') }, parts.join(', '));
  }
  return others.map((state) => {
    const { kind, text } = onOff(state) ?? { kind: '', text: '' };
    const label = `${name(state)}: ${text}${targeting(state)}`;
    const dot = h('span', { class: `dot ${kind}`, title: label }, h('span', { class: 'visually-hidden' }, `${label} `));
    if (kind === 'split') dot.style.setProperty('--share', text.replace(' on', ''));
    return dot;
  });
}

/** @type {(others: State[], current: State | undefined, name: (state: State) => string) => Child} */
function difference(others, current, name) {
  const unequal = others.filter((state) => state.value !== current?.value || state.targeted !== current.targeted);
  const title = others.map((state) => `${name(state)}: ${inWords(state.value)}`).join('\n');
  return h('span', { class: 'faint', title }, unequal.length ? `${unequal.length} ${unequal.length === 1 ? 'differs' : 'differ'}` : 'same');
}

/** @type {(state: State) => string} */
const targeting = ({ targeted }) => (targeted ? ` + ${targeted} ${targeted === 1 ? 'rule' : 'rules'}` : '');

/**
 * Returns whether a Boolean state is on, off, or on for a percentage; nothing for other values.
 * @type {(state: State) => {kind: string, text: string} | null}
 */
export function onOff({ value }) {
  if (value === 'true') return { kind: 'on', text: 'on' };
  if (value === 'false') return { kind: 'off', text: 'off' };
  const share = /(?:^|, )([\d.]+) ?% true/.exec(value)?.[1];
  return share ? { kind: 'split', text: `${share}% on` } : null;
}

/** @type {(state: State, environment: string) => HTMLElement} */
function chip(state, environment) {
  const { kind, text } = onOff(state) ?? { kind: /\d ?% /.test(state.value) ? 'split' : 'text', text: inWords(state.value) };
  return h('span', { class: `chip ${kind}`, title: `${environment}: ${state.value}${targeting(state)}` },
    h('span', { class: 'visually-hidden' }, `${environment}: `), text, state.targeted > 0 && h('span', { class: 'more' }, targeting(state)));
}
