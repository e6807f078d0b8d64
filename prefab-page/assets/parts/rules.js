// The rules of one section. The first matching rule applies, so rules can be reordered by dragging or with the arrow keys.

import { h, show } from '../dom.js';
import { rule as describe } from '../format.js';
import { blankCriterion, criterionInput } from './criterion.js';
import { dragging } from './dragging.js';
import { blankNamespace, isNamespace } from './namespace.js';
import { rolloutInput } from './rollout.js';
import { blank, select, valueInput } from './value.js';

/** @typedef {RulesOptions & {published: Rule[]}} Options `published` are the published rules of the section */

/**
 * @param {Rule[]} rules changed in place
 * @param {Options} how
 */
export function rulesEditor(rules, how) {
  if (how.disabled) return h('ol', { class: 'sentences' }, rules.map((rule) => h('li', null, describe(rule))));
  const box = h('ol', { class: 'rules' });

  function draw(focused = '') {
    show(box, rules.map(card));
    if (focused) /** @type {OptionalElement} */ (box.querySelector(`[data-focus="${focused}"]`))?.focus();
  }
  /** @type {(focused?: string) => void} */
  const changed = (focused) => {
    how.onChange();
    draw(focused);
  };
  /** @type {(at: number, to: number) => void} */
  function move(at, to) {
    if (to < 0 || to >= rules.length || at === to) return;
    rules.splice(to, 0, ...rules.splice(at, 1));
    changed(`grip-${to}`);
  }

  /** @type {(rule: Rule, at: number) => HTMLElement} */
  function card(rule, at) {
    const criteria = (rule.criteria ??= []);
    const name = `rule-${at}`;
    /** @type {(focused?: string) => void} */
    const redraw = (focused) => changed(focused);
    const sentence = h('p', { class: 'sentence' }, describe(rule));
    const onChange = () => {
      show(sentence, describe(rule));
      how.onChange();
    };
    /** @type {HTMLElement} */
    const grip = h('button', { type: 'button', class: 'quiet icon grip', 'data-focus': `grip-${at}`, 'aria-label': `Rule ${at + 1} of ${rules.length}: move with arrow up and down`,
      ...dragging(box, () => element, (to) => move(at, to)),
      onkeydown: (event) => {
        const step = new Map([['ArrowUp', -1], ['ArrowDown', 1]]).get(event.key);
        if (step) { event.preventDefault(); move(at, at + step); }
      } }, '⠿');
    const last = at === rules.length - 1;
    /** @type {HTMLElement} */
    const element = h('li', { class: 'rule card', 'data-place': `${how.section}.${at}` },
    h('div', { class: 'row ends' }, h('div', { class: 'row' }, !how.disabled && rules.length > 1 && grip, h('span', { class: 'number-of', 'aria-hidden': 'true' }, at + 1), sentence),
      !how.disabled && h('div', { class: 'row' },
        h('button', { type: 'button', class: 'quiet', onclick: () => { rules.splice(at + 1, 0, structuredClone(rule)); redraw(`grip-${at + 1}`); } }, 'Duplicate'),
        rules.length > 1 && h('button', { type: 'button', class: 'quiet', 'aria-label': `Remove rule ${at + 1}`, onclick: () => { rules.splice(at, 1); redraw(); } }, 'Remove'))),
    criteria.map((criterion, index) => criterionInput(criterion, { ...how, first: index === 0, name: `${name}-${index}`, onChange,
      onRemove: () => { criteria.splice(index, 1); redraw(`${name}-add`); } })),
    !criteria.length && !last && h('p', { class: 'hint' }, 'This rule has no condition, so it always matches. The rules below it never apply.'),
    criteria.length > 0 && last && h('p', { class: 'hint' }, 'There is no value for everyone else. Add a last rule without a condition.'),
    !how.disabled && h('div', { class: 'row' }, h('button', { type: 'button', class: 'quiet', 'data-focus': `${name}-add`,
      onclick: () => { criteria.push(blankCriterion()); redraw(`${name}-${criteria.length - 1}-property`); } }, 'Add condition'),
    how.kind !== 'segment' && !criteria.some(isNamespace) && h('button', { type: 'button', class: 'quiet',
      onclick: () => { criteria.unshift(blankNamespace()); redraw(`${name}-0-property`); } }, 'Add namespace')),
    how.kind !== 'segment' ? valueEditor(rule, how, onChange, redraw, name) : segmentResult(rule, how, onChange));
    return element;
  }

  draw();
  const add = h('button', { type: 'button', 'data-focus': 'add-rule', onclick: () => {
    const last = rules.at(-1);
    const value = structuredClone(last?.value ?? blank(how.kind ?? 'string'));
    if (value.type === 'bool') value.value = !last?.value?.value;
    // The new rule goes before the rule for everyone else, because it would never apply after it.
    const at = last && !last.criteria?.length ? rules.length - 1 : rules.length;
    rules.splice(at, 0, { criteria: [blankCriterion()], value: value.type === 'weighted_values' ? structuredClone(value.value[0]?.value ?? blank(how.kind ?? 'string')) : value });
    changed(`rule-${at}-0-property`);
  } }, 'Add rule');
  return h('div', { class: 'stack' }, box, !how.disabled && h('div', null, add));
}

/** @type {(rule: Rule, how: Options, onChange: () => void) => HTMLElement} */
const segmentResult = (rule, how, onChange) => h('div', { class: 'answer' }, h('span', { class: 'joint' }, 'then'),
  select([['true', 'Include'], ['false', 'Exclude']], String(rule.value?.value), (text) => { rule.value = { type: 'bool', value: text === 'true' }; onChange(); }, how.disabled, { 'aria-label': 'Result' }));

/**
 * Returns the value of a rule: a single value or a percentage rollout.
 * @type {(rule: Rule, how: Options, onChange: () => void, redraw: (focused?: string) => void, name: string) => HTMLElement}
 */
function valueEditor(rule, how, onChange, redraw, name) {
  rule.value ??= blank(how.kind ?? 'string');
  const isRollout = rule.value.type === 'weighted_values';
  const toRollout = () => {
    const first = structuredClone(rule.value);
    const other = how.variants.find((one) => JSON.stringify(one.value) !== JSON.stringify(first.value)) ?? (first.type === 'bool' ? { type: 'bool', value: !first.value } : structuredClone(first));
    rule.value = { type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 90, value: first }, { weight: 10, value: strip(other) }] };
    redraw(`${name}-share`);
  };
  const toSingleValue = () => {
    const most = [.../** @type {Weighted[]} */ (rule.value.value)].sort((left, right) => right.weight - left.weight)[0];
    rule.value = most?.value ?? blank(how.kind ?? 'string');
    redraw(`${name}-share`);
  };
  const toggle = !how.disabled && !rule.value.decryptWith && h('button', { type: 'button', class: 'quiet', 'data-focus': `${name}-share`, onclick: isRollout ? toSingleValue : toRollout }, isRollout ? 'Single value' : 'Percentage rollout');
  return h('div', { class: 'answer' }, isRollout ? rolloutInput(rule.value, { ...how, onChange, before: publishedValue(rule, how.published), isConditional: Boolean(rule.criteria?.length) }) : valueInput(rule.value, { label: 'Value', kind: how.kind, variants: how.variants, onChange, disabled: how.disabled, check: how.check }), toggle);
}

/**
 * Returns the value of the published rule with the same conditions.
 * @type {(rule: Rule, published: Rule[]) => Flat | undefined}
 */
const publishedValue = (rule, published) =>
  published.find((one) => JSON.stringify(one.criteria ?? []) === JSON.stringify(rule.criteria ?? []))?.value;

/** @type {(variant: Flat & {name?: string, description?: string}) => Flat} */
const strip = ({ name: _name, description: _description, ...flat }) => flat;
