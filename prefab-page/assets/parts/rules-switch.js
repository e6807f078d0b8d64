// The switch of Boolean rules: on, off, or mixed if rules decide.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { menu } from './menu.js';

/** @typedef {'on' | 'off' | 'mixed'} SwitchState */

/** @type {(value: boolean) => Rule} */
const everyone = (value) => ({ criteria: [], value: { type: 'bool', value } });

/** @type {(rule: Rule | undefined) => boolean} */
const isFixed = (rule) => Boolean(rule) && !rule?.criteria?.length && rule?.value?.type === 'bool';

/**
 * Returns whether everyone gets `true` or `false`, or whether rules decide.
 * @type {(rules: Rule[]) => SwitchState}
 */
export function switchState(rules) {
  if (!isFixed(rules[0])) return 'mixed';
  return rules[0].value.value ? 'on' : 'off';
}

/**
 * Returns rules that serve one value to everyone. The other rules stay below, so that one step back restores them.
 * @type {(rules: Rule[], value: boolean) => Rule[]}
 */
export const forEveryone = (rules, value) => (rules.length < 2 || isFixed(rules[0]) ? [everyone(value), ...rules.slice(1)] : [everyone(value), ...rules]);

/**
 * Creates the switch. `onChange` receives the new rules.
 * @type {(rules: Rule[], how: {label: string, disabled: boolean, onChange: (rules: Rule[]) => void}) => HTMLElement}
 */
export function rulesSwitch(rules, { label, disabled, onChange }) {
  const state = switchState(rules);
  const hasRulesBelow = state !== 'mixed' && rules.length > 1;
  const text = { on: 'On for everyone', off: 'Off for everyone', mixed: 'Rules decide' }[state];
  if (disabled) return h('span', { class: `state-text ${state}` }, text);
  const set = (/** @type {boolean} */ value) => onChange(forEveryone(rules, value));
  if (state === 'mixed' || hasRulesBelow) {
    return h('span', { class: 'row' }, menu({
      class: 'switch', role: 'checkbox', 'aria-checked': { on: 'true', off: 'false', mixed: 'mixed' }[state], 'aria-label': label, 'data-focus': 'switch',
    }, null, () => [
      state !== 'on' && { text: 'Turn on for everyone', icon: 'power', act: () => set(true) },
      state !== 'off' && { text: 'Turn off for everyone', icon: 'power', isDanger: true, act: () => set(false) },
      hasRulesBelow && { text: 'Let the rules below decide again', icon: 'undo', act: () => onChange(rules.slice(1)) },
    ], 'left'), h('span', { class: `state-text ${state}` }, text));
  }
  return h('span', { class: 'row' }, h('button', {
    type: 'button', class: 'switch', role: 'switch', 'aria-checked': String(state === 'on'), 'aria-label': label, 'data-focus': 'switch', onclick: () => set(state !== 'on'),
  }), h('span', { class: `state-text ${state}` }, text));
}
