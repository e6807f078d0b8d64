// The environments of an item as cards: the one control that chooses whose rules are shown.

import { h } from '../dom.js';
import * as edit from '../edit.js';
import { inColorOf } from '../environments.js';
import { value as format } from '../format.js';
import { combobox } from './combobox.js';

/** At most this many environments have a card; the others are in a search field. */
const SHOWN = 4;

/**
 * Summarizes rules: `25% on · 2 rules`.
 * @type {(rules: Rule[], kind: string | null | undefined) => string}
 */
export function summarize(rules, kind) {
  if (kind === 'segment') return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  const last = rules.find((one) => !one.criteria?.length);
  const count = last ? rules.indexOf(last) : rules.length;
  const text = last ? stateOf(last) : rules.length ? 'No value for everyone' : 'No rules';
  return count ? `${text} · ${count} ${count === 1 ? 'rule' : 'rules'}` : text;
}

/** @type {(rule: Rule) => string} */
function stateOf({ value }) {
  if (value?.type === 'bool') return value.value ? 'On for everyone' : 'Off';
  if (value?.type !== 'weighted_values') return format(value);
  /** @type {Weighted[]} */
  const parts = value.value ?? [];
  const sum = parts.reduce((all, one) => all + one.weight, 0) || 1;
  const on = parts.find((one) => one.value.value === true);
  return on ? `${Math.round((on.weight / sum) * 1000) / 10}% on` : parts.map((one) => `${Math.round((one.weight / sum) * 100)}% ${format(one.value)}`).join(', ');
}

/**
 * Returns the environments that have a card: the first ones, and the chosen one.
 * @type {(all: Environment[], section: string) => Environment[]}
 */
function withCard(all, section) {
  const first = all.slice(0, all.length > SHOWN ? SHOWN - 1 : SHOWN);
  const chosen = all.find((one) => one.id === section);
  return chosen && !first.includes(chosen) ? [...first.slice(0, -1), chosen] : first;
}

/** @typedef {{project: Project, item: Item, section: string, kind: string | null | undefined, changed: string[], onOpen: (id: string) => void}} Cards */

/**
 * Returns the cards. Arrow keys move between them.
 * @type {(how: Cards) => Child[]}
 */
export function environmentCards({ project, item, section, kind, changed, onOpen }) {
  const all = project.environments;
  const shown = withCard(all, section);
  const ids = ['default', ...shown.map((one) => one.id)];
  /** @type {(id: string, name: string, state: string, environment: Environment | null) => HTMLElement} */
  const card = (id, name, state, environment) => inColorOf(h('button', {
    type: 'button', role: 'tab', id: `tab-${id}`, 'data-key': id, 'aria-controls': 'section', 'aria-selected': id === section,
    tabindex: id === section ? 0 : -1, class: `env-card ${environment ? '' : 'default'}`, onclick: () => onOpen(id),
    onkeydown: (event) => {
      const step = new Map([['ArrowRight', 1], ['ArrowLeft', -1]]).get(event.key);
      if (!step) return;
      event.preventDefault();
      const next = ids[(ids.indexOf(id) + step + ids.length) % ids.length];
      onOpen(next);
      document.getElementById(`tab-${next}`)?.focus();
    },
  }, h('span', { class: 'env-name' }, h('span', { class: 'env-dot', 'aria-hidden': 'true' }), h('span', { class: 'text' }, name),
    changed.includes(id) && h('span', { class: 'tag drafted' }, 'changed')),
  ' ', h('span', { class: 'state', title: state }, state)), environment, project);
  const users = all.filter((one) => !edit.rulesOf(item, one.id)).length;
  const usage = users === all.length ? 'all environments' : users ? `${users} ${users === 1 ? 'environment' : 'environments'}` : 'not used';
  return [
    card('default', 'Default', `${summarize(item.default.rules, kind)} · ${usage}`, null),
    shown.map((one) => {
      const own = edit.rulesOf(item, one.id);
      return card(one.id, one.name, own ? summarize(own, kind) : `${summarize(item.default.rules, kind)} (default)`, one);
    }),
  ];
}

/**
 * Returns a search field for the environments without a card, or nothing.
 * @type {(how: Pick<Cards, 'project' | 'item' | 'section' | 'onOpen'>) => HTMLElement | null}
 */
export function otherEnvironments({ project, item, section, onOpen }) {
  const shown = withCard(project.environments, section);
  const rest = project.environments.filter((one) => !shown.includes(one));
  if (!rest.length) return null;
  const options = () => rest.map((one) => ({ value: one.id, text: one.name, about: edit.rulesOf(item, one.id) ? 'overrides' : '' }));
  return combobox({ value: '', isStrict: true, options, onChange: onOpen, input: { 'aria-label': 'Other environments', placeholder: `${rest.length} more…` } });
}
