// The states of an item in the list: a chip for the chosen environment, and a summary of the others.

import { h } from '../dom.js';
import { inColorOf } from '../environments.js';
import { inWords } from '../format.js';

/** Up to this number of other environments, each has a dot; more are summarized. */
const MAX_DOTS = 4;

/**
 * Returns a summary of the environments that are not chosen: dots, counts, or whether they differ.
 * @type {(all: State[], page: PageContext) => Child}
 */
export function otherStates(all, { project, environment }) {
  const current = all.find((state) => state.environment === environment.id);
  const others = all.filter((state) => state !== current);
  const find = (/** @type {State} */ state) => project.environments.find((one) => one.id === state.environment);
  const name = (/** @type {State} */ state) => find(state)?.name ?? '';
  if (!others.length) return null;
  if (!others.every((state) => onOff(state))) return difference(others, current, name);
  return dots(others, name, (element, state) => {
    const one = find(state);
    return one ? inColorOf(element, one, project) : element;
  });
}

/** @type {(others: State[], name: (state: State) => string, color: (element: HTMLElement, state: State) => HTMLElement) => Child} */
function dots(others, name, color) {
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
    return color(dot, state);
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

/**
 * Returns the state in the chosen environment: `Off + 2 rules`, a bar for a percentage, or a value.
 * @type {(state: State, environment: string) => Child}
 */
export function currentState(state, environment) {
  const known = onOff(state);
  const more = state.targeted > 0 && h('span', { class: 'more' }, targeting(state));
  const label = h('span', { class: 'visually-hidden' }, `${environment}: `);
  if (!known) return [label, h('span', { class: 'chip text', title: inWords(state.value) }, inWords(state.value)), more];
  const { kind, text } = known;
  const share = Number.parseFloat(text);
  const bar = kind === 'split' && h('span', { class: 'mini-bar', 'aria-hidden': 'true' }, part('v-true', share), part('v-false', 100 - share));
  return [label, bar, h('span', { class: `text ${kind === 'on' ? 'on' : ''}` }, text), more];
}

/** @type {(color: string, share: number) => HTMLElement} */
function part(color, share) {
  const element = h('span', { class: color });
  element.style.flexGrow = String(share);
  return element;
}
