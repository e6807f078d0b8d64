// The rules of one section. The first matching rule applies, so rules can be reordered by dragging or with the arrow keys.
//
// A rule at rest is a sentence; it becomes a form in place. The last rule without a condition is for everyone else.

import { h, show, update } from '../dom.js';
import { icon } from '../icons.js';
import { valueColors } from '../colors.js';
import { blankCriterion, criterionInput } from './criterion.js';
import { dragging } from './dragging.js';
import { menu } from './menu.js';
import { blankNamespace, isNamespace } from './namespace.js';
import { rolloutInput } from './rollout.js';
import { rolloutBar, ruleSentence } from './rule-sentence.js';
import { blank, select, valueInput } from './value.js';

/** @typedef {RulesOptions & {published: Rule[], opened: WeakSet<Rule>, href: (segment: string) => string}} Options `published` are the published rules of the section; `opened` remembers which rules are forms */

/** @type {(rule: Rule | undefined) => boolean} */
const isForEveryone = (rule) => Boolean(rule) && !rule?.criteria?.length;

/**
 * @param {Rule[]} rules changed in place
 * @param {Options} how
 */
export function rulesEditor(rules, how) {
  const box = h('ol', { class: 'rules' });
  const colors = valueColors([...how.variants, ...rules.flatMap((rule) => (rule.value?.type === 'weighted_values' ? rule.value.value.map((/** @type {Weighted} */ one) => one.value) : [rule.value]))]);
  /** How many rules can be moved: all but the one for everyone else. */
  const movable = () => rules.length - (isForEveryone(rules.at(-1)) ? 1 : 0);

  function draw(focused = '') {
    show(box, rules.map(row), !how.disabled && movable() === rules.length && missingDefault());
    if (focused) /** @type {OptionalElement} */ (box.querySelector(`[data-focus="${focused}"]`))?.focus();
  }
  /** @type {(focused?: string) => void} */
  const changed = (focused) => {
    how.onChange();
    draw(focused);
  };
  /** @type {(at: number, to: number) => void} */
  function move(at, to) {
    if (to < 0 || to >= movable() || at === to) return;
    rules.splice(to, 0, ...rules.splice(at, 1));
    changed(`grip-${to}`);
  }
  /** @type {(at: number, isOpen: boolean) => void} */
  function toggle(at, isOpen) {
    how.opened[isOpen ? 'add' : 'delete'](rules[at]);
    draw(`edit-${at}`);
    if (isOpen) /** @type {OptionalElement} */ (box.querySelector(`.rule:nth-child(${at + 1}) .rule-form :is(input, select, textarea)`))?.focus();
  }
  const missingDefault = () => h('li', { class: 'rule else' }, h('div', { class: 'rule-row' }, h('span', { class: 'sentence faint' },
    how.section === 'default' ? 'Everyone else gets no value: no rule matches.' : 'Everyone else follows the default rules.'),
  h('button', { type: 'button', class: 's', 'data-focus': 'add-else', onclick: () => {
    rules.push({ criteria: [], value: how.kind === 'segment' ? { type: 'bool', value: false } : structuredClone(blank(how.kind ?? 'string')) });
    how.opened.add(rules[rules.length - 1]);
    changed(`edit-${rules.length - 1}`);
  } }, 'Add a value for everyone else')));

  /** @type {(rule: Rule, at: number) => HTMLElement} */
  function row(rule, at) {
    rule.criteria ??= [];
    const isLast = at === rules.length - 1;
    const isElse = isLast && isForEveryone(rule);
    const isOpen = !how.disabled && (how.opened.has(rule) || (rules.length === 1 && isElse));
    const status = h('span', { class: 'tag drafted' });
    const isUnreached = rules.slice(0, at).some(isForEveryone);
    const sentence = h('div', { class: 'sentence' });
    const bar = h('div', { class: 'rule-bar' });
    const paint = () => {
      const text = how.disabled ? '' : statusOf(rules, at, how.published);
      const published = text === 'Changed' ? publishedValue(rule, how.published) : undefined;
      update(sentence, ruleSentence(rule, { isFirst: at === 0, isLast, kind: how.kind, colors, href: how.href, published }));
      update(bar, rolloutBar(rule.value, colors));
      update(status, text);
      status.hidden = !text;
      element.classList.toggle('edited', Boolean(text));
    };
    const onChange = () => {
      paint();
      how.onChange();
    };
    /** @type {HTMLElement} */
    const element = h('li', { class: `rule ${isElse ? 'else' : ''} ${isOpen ? 'open' : ''} ${isUnreached ? 'unreached' : ''} ${rules.length === 1 && isElse && isOpen ? 'sole' : ''}`, 'data-place': `${how.section}.${at}` });
    const sole = rules.length === 1 && isElse;
    const head = h('div', { class: 'rule-row', onclick: (event) => {
      const isText = event.target instanceof Element && !event.target.closest('button, a, [role="menu"]');
      if (isText && !how.disabled && !sole && !isOpen && !getSelection()?.toString()) toggle(at, true);
    } },
    !how.disabled && !isElse && movable() > 1 && grip(at, element),
    !isElse && h('span', { class: 'number-of', 'aria-hidden': 'true' }, at + 1),
    h('div', { class: 'rule-text' }, sentence, bar),
    isUnreached && h('span', { class: 'tag' }, 'Not reached'),
    status,
    !how.disabled && !sole && h('button', {
      type: 'button', class: isOpen ? 's' : 'icon-button s', 'data-focus': `edit-${at}`, 'aria-expanded': isOpen,
      'aria-label': `${isOpen ? 'Close' : 'Edit'} ${isElse ? 'the value for everyone else' : `rule ${at + 1}`}`, title: isOpen ? 'Esc' : null, onclick: () => toggle(at, !isOpen),
    }, isOpen ? 'Close' : icon('pencil')),
    !how.disabled && !sole && actions(rule, at));
    show(element, head, isOpen && form(rule, at, onChange));
    element.onkeydown = (event) => {
      if (event.key === 'Escape' && isOpen && !sole && !event.defaultPrevented) toggle(at, false);
    };
    paint();
    return element;
  }

  /** @type {(at: number, element: HTMLElement) => HTMLElement} */
  const grip = (at, element) => h('button', {
    type: 'button', class: 'icon-button s grip', 'data-focus': `grip-${at}`, 'aria-label': `Rule ${at + 1} of ${rules.length}: move with arrow up and down`,
    ...dragging(box, () => element, (to) => move(at, Math.min(to, movable() - 1))),
    onkeydown: (event) => {
      const step = new Map([['ArrowUp', -1], ['ArrowDown', 1]]).get(event.key);
      if (step) { event.preventDefault(); move(at, at + step); }
    },
  }, icon('grip'));

  /** @type {(rule: Rule, at: number) => HTMLElement} */
  const actions = (rule, at) => menu({ class: 'icon-button s', 'aria-label': `Actions of rule ${at + 1}` }, icon('more'), () => [
    { text: 'Duplicate', icon: 'copy', act: () => { rules.splice(at + 1, 0, structuredClone(rule)); changed(`edit-${at + 1}`); } },
    at > 0 && at < movable() && { text: 'Move up', icon: 'up', act: () => move(at, at - 1) },
    at < movable() - 1 && { text: 'Move down', icon: 'down', act: () => move(at, at + 1) },
    { text: 'Remove', icon: 'close', isDanger: true, act: () => { rules.splice(at, 1); changed('add-rule'); } },
  ]);

  /** @type {(rule: Rule, at: number, onChange: () => void) => HTMLElement} */
  function form(rule, at, onChange) {
    const criteria = rule.criteria ?? [];
    const name = `rule-${at}`;
    const isLast = at === rules.length - 1;
    const addCondition = () => {
      criteria.push(blankCriterion());
      how.opened.add(rule);
      changed(`${name}-${criteria.length - 1}-property`);
    };
    const addNamespace = () => {
      criteria.unshift(blankNamespace());
      how.opened.add(rule);
      changed(`${name}-0-property`);
    };
    return h('div', { class: 'rule-form' },
      criteria.map((criterion, index) => criterionInput(criterion, {
        ...how, first: index === 0, name: `${name}-${index}`, onChange,
        onRemove: () => { criteria.splice(index, 1); changed(`${name}-add`); },
      })),
      !criteria.length && !isLast && h('p', { class: 'hint' }, 'This rule has no condition, so it always matches. The rules below it never apply.'),
      how.kind !== 'segment' ? valueEditor(rule, how, onChange, changed, name, rules.length === 1 && !criteria.length) : segmentResult(rule, how, onChange),
      h('div', { class: 'row' }, h('button', { type: 'button', class: 'quiet', 'data-focus': `${name}-add`, onclick: addCondition }, icon('plus'), 'Add condition'),
        how.kind !== 'segment' && !criteria.some(isNamespace) && h('button', { type: 'button', class: 'quiet', onclick: addNamespace }, 'Add namespace')));
  }

  const add = h('button', { type: 'button', 'data-focus': 'add-rule', onclick: () => {
    const last = rules.at(-1);
    const value = structuredClone(last?.value ?? blank(how.kind ?? 'string'));
    if (value.type === 'bool') value.value = !last?.value?.value;
    // The new rule goes before the rule for everyone else, because it would never apply after it.
    const at = movable();
    /** @type {Rule} */
    const rule = { criteria: [blankCriterion()], value: value.type === 'weighted_values' ? structuredClone(value.value[0]?.value ?? blank(how.kind ?? 'string')) : value };
    rules.splice(at, 0, rule);
    how.opened.add(rule);
    changed(`rule-${at}-0-property`);
  } }, icon('plus'), 'Add rule');
  draw();
  return h('div', { class: 'stack tight' }, box, !how.disabled && h('div', null, add));
}

/** @type {(rule: Rule, how: Options, onChange: () => void) => HTMLElement} */
const segmentResult = (rule, how, onChange) => h('div', { class: 'answer' }, h('span', { class: 'joint' }, 'then'),
  select([['true', 'Include'], ['false', 'Exclude']], String(rule.value?.value), (text) => { rule.value = { type: 'bool', value: text === 'true' }; onChange(); }, how.disabled, { 'aria-label': 'Result' }));

/**
 * Returns the value of a rule: a single value or a percentage rollout.
 * @type {(rule: Rule, how: Options, onChange: () => void, redraw: (focused?: string) => void, name: string, isOnly: boolean) => HTMLElement}
 */
function valueEditor(rule, how, onChange, redraw, name, isOnly) {
  rule.value ??= blank(how.kind ?? 'string');
  const isRollout = rule.value.type === 'weighted_values';
  const toRollout = () => {
    rule.value = rolloutOf(rule.value, how);
    redraw(`${name}-share`);
  };
  const toSingleValue = () => {
    const most = [.../** @type {Weighted[]} */ (rule.value.value)].sort((left, right) => right.weight - left.weight)[0];
    rule.value = most?.value ?? blank(how.kind ?? 'string');
    redraw(`${name}-share`);
  };
  const toggle = !how.disabled && !rule.value.decryptWith && h('button', {
    type: 'button', class: 'quiet', 'data-focus': `${name}-share`, onclick: isRollout ? toSingleValue : toRollout,
  }, isRollout ? 'Single value' : 'Percentage rollout');
  const input = isRollout
    ? rolloutInput(rule.value, { ...how, onChange, before: publishedValue(rule, how.published), isConditional: Boolean(rule.criteria?.length) })
    : valueInput(rule.value, { label: 'Value', kind: how.kind, variants: how.variants, onChange, disabled: how.disabled, check: how.check });
  return h('div', { class: 'answer' }, h('span', { class: 'joint' }, isOnly ? 'Everyone' : 'serve'), input, toggle);
}

/**
 * Returns a rollout to 10% of another value. A Boolean rollout lists `true` first.
 * @type {(value: Flat, how: Options) => Flat}
 */
function rolloutOf(value, how) {
  const first = structuredClone(value);
  const other = how.variants.find((one) => JSON.stringify(one.value) !== JSON.stringify(first.value)) ?? (first.type === 'bool' ? { type: 'bool', value: !first.value } : structuredClone(first));
  const parts = [{ weight: 90, value: first }, { weight: 10, value: strip(other) }];
  return { type: 'weighted_values', hashByPropertyName: 'user.key', value: first.value === false ? parts.reverse() : parts };
}

/**
 * Returns whether a rule is new or changed against the published rules.
 * @type {(rules: Rule[], at: number, published: Rule[]) => string}
 */
function statusOf(rules, at, published) {
  const text = (/** @type {Rule} */ one) => JSON.stringify([one.criteria ?? [], one.value]);
  const isAmong = (/** @type {Rule} */ rule, /** @type {Rule[]} */ others) => others.some((one) => text(one) === text(rule));
  if (isAmong(rules[at], published)) return '';
  // The published rule of the same place is gone, so this one replaces it.
  const isReplaced = published.length === rules.length && !isAmong(published[at], rules);
  return isReplaced || publishedValue(rules[at], published) ? 'Changed' : 'New';
}

/**
 * Returns the value of the published rule with the same conditions.
 * @type {(rule: Rule, published: Rule[]) => Flat | undefined}
 */
const publishedValue = (rule, published) =>
  published.find((one) => JSON.stringify(one.criteria ?? []) === JSON.stringify(rule.criteria ?? []))?.value;

/** @type {(variant: Flat & {name?: string, description?: string}) => Flat} */
const strip = ({ name: _name, description: _description, ...flat }) => flat;
