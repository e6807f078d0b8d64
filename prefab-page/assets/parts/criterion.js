// One condition of a rule: a property, an operator, and an input for its operand.

import { h, show } from '../dom.js';
import { date, operator, OPERATORS } from '../format.js';
import { icon } from '../icons.js';
import { combobox } from './combobox.js';
import { isNamespace, namespaceInput } from './namespace.js';
import { listInput, parsedInput, parseNumber, select } from './value.js';

/** @type {Record<string, () => Flat | null>} */
const INITIAL = {
  list: () => ({ type: 'string_list', value: [] }), number: () => ({ type: 'int', value: 0 }), pattern: () => ({ type: 'string', value: '' }),
  text: () => ({ type: 'string', value: '' }), version: () => ({ type: 'string', value: '1.0.0' }), segment: () => ({ type: 'string', value: '' }),
  date: () => ({ type: 'string', value: new Date().toISOString() }), range: () => ({ type: 'int_range', value: { start: '0', end: '10' } }), none: () => null,
};

/** @typedef {{properties: string[], segments: string[], onChange: () => void, onRemove: () => void, disabled: boolean, first: boolean, name: string}} Options */

/**
 * Returns a new condition.
 * @type {() => Criterion}
 */
export const blankCriterion = () => ({ propertyName: 'user.key', operator: 'PROP_IS_ONE_OF', valueToMatch: INITIAL.list() });

/**
 * @param {Criterion} criterion changed in place
 * @param {Options} how
 */
export function criterionInput(criterion, how) {
  const box = h('div', { class: 'criterion', role: 'group', 'aria-label': 'Condition' });
  const remove = !how.disabled && h('button', { type: 'button', class: 'quiet icon', 'aria-label': 'Remove condition', onclick: how.onRemove }, icon('close'));
  const joint = () => h('span', { class: 'joint' }, how.first ? 'when' : 'and');
  if (isNamespace(criterion)) {
    show(box, joint(), namespaceInput(criterion, how), remove);
    return box;
  }
  const draw = () => {
    const [, , operandKind] = operator(criterion.operator);
    const hasProperty = operandKind !== 'segment' && criterion.operator !== 'ALWAYS_TRUE' && !criterion.operator.startsWith('LOOKUP');
    show(box, joint(), hasProperty && property(criterion, how),
      select(OPERATORS.map(([name, text]) => [name, text]), criterion.operator, (next) => {
        change(criterion, next);
        how.onChange();
        draw();
      }, how.disabled, { 'aria-label': 'Operator', 'data-focus': `${how.name}-operator`, class: 'operator' }),
      h('span', { class: 'operand' }, operand(criterion, operandKind, how)), remove);
  };
  draw();
  return box;
}

/**
 * Sets the operator, and keeps the operand if the new operator takes the same kind.
 * @type {(criterion: Criterion, next: string) => void}
 */
function change(criterion, next) {
  const [, , previous] = operator(criterion.operator);
  const [, , operandKind] = operator(next);
  criterion.operator = next;
  if (previous !== operandKind) criterion.valueToMatch = INITIAL[operandKind]();
  if (criterion.valueToMatch === null) delete criterion.valueToMatch;
  if (operandKind === 'segment' || next === 'ALWAYS_TRUE') delete criterion.propertyName;
  else criterion.propertyName ??= 'user.key';
}

/** @type {(criterion: Criterion, how: Options) => HTMLElement} */
const property = (criterion, how) => combobox({
  value: criterion.propertyName ?? '', options: () => how.properties.map((value) => ({ value })),
  onChange: (name) => { criterion.propertyName = name; how.onChange(); },
  input: { 'aria-label': 'Property', class: 'code', placeholder: 'user.email', disabled: how.disabled, 'data-focus': `${how.name}-property` },
});

/** @type {(criterion: Criterion, operandKind: string, how: Options) => Child} */
function operand(criterion, operandKind, how) {
  const flat = criterion.valueToMatch;
  /** @type {(value: Json, type?: string) => void} */
  const set = (value, type) => {
    criterion.valueToMatch = { ...flat, type: type ?? flat?.type ?? 'string', value };
    how.onChange();
  };
  /** @type {(label: string, value: string, read: (text: string) => [value: Json, type: string], properties?: Properties<HTMLInputElement>) => HTMLInputElement} */
  const plain = (label, value, read, properties = {}) => h('input', { 'aria-label': label, value, disabled: how.disabled, autocomplete: 'off', spellcheck: 'false',
    oninput: (event) => set(...read(event.target.value)), ...properties });
  if (operandKind === 'none') return null;
  if (operandKind === 'list') return listInput(Array.isArray(flat?.value) ? flat.value : [String(flat?.value ?? '')].filter(Boolean), (list) => set(list, 'string_list'), how.disabled, { 'aria-label': 'Values', placeholder: 'Add a value', 'data-focus': `${how.name}-values` });
  if (operandKind === 'segment') {
    const names = how.segments.includes(flat?.value) || !flat?.value ? how.segments : [flat.value, ...how.segments];
    if (!names.length) return h('span', { class: 'hint' }, 'No segments yet.');
    return combobox({
      value: flat?.value ?? '', isStrict: true, options: () => names.map((value) => ({ value })), onChange: (name) => set(name, 'string'),
      input: { 'aria-label': 'Segment', placeholder: 'Select a segment', disabled: how.disabled },
    });
  }
  if (operandKind === 'number') return number(flat, set, how.disabled);
  if (operandKind === 'date') return dates(flat, set, how.disabled);
  if (operandKind === 'range') return range(flat, set, how.disabled);
  const properties = operandKind === 'pattern' ? { placeholder: '^[a-z]+@acme\\.com$' } : {};
  const label = new Map([['pattern', 'Pattern'], ['version', 'Version']]).get(operandKind) ?? 'Text';
  return h('span', { class: 'message-input' }, withValidation(plain(label, String(flat?.value ?? ''), (text) => [text, 'string'], { class: 'code', ...properties }), operandKind));
}

/**
 * Shows an error while a pattern or a version is invalid.
 * @type {(element: HTMLInputElement, operandKind: string) => Child[]}
 */
function withValidation(element, operandKind) {
  const message = h('span', { class: 'wrong' });
  const validate = () => {
    let wrong = '';
    if (operandKind === 'version' && !/^\d+\.\d+\.\d+([-+].+)?$/.test(element.value)) wrong = 'Expected a version such as 1.2.3.';
    // The server has groups, such as (?i), that browsers lack.
    if (operandKind === 'pattern' && !element.value.includes('(?')) try { new RegExp(element.value); } catch { wrong = 'Not a valid regular expression.'; }
    show(message, wrong);
    element.toggleAttribute('aria-invalid', false);
    if (wrong) element.setAttribute('aria-invalid', 'true');
  };
  element.addEventListener('input', validate);
  return [element, message];
}

/**
 * Creates an input for a number. Integers beyond 2^53 are stored as texts, and text that is not a number stays in the field.
 * @type {(flat: Flat | null | undefined, set: (value: Json, type: string) => void, disabled: boolean) => HTMLElement}
 */
function number(flat, set, disabled) {
  const value = { ...(flat ?? { type: 'int', value: 0 }) };
  const box = parsedInput('Number', value, { inputmode: 'decimal', 'aria-label': 'Number' }, (text) => {
    value.type = /^[+-]?\d+$/.test(text) ? 'int' : 'double';
    return parseNumber(text);
  }, (parsed) => set(parsed, value.type), '', disabled);
  return h('span', { class: 'message-input' }, .../** @type {HTMLElement[]} */ ([...box.querySelectorAll('input, .wrong')]));
}

/** @type {(flat: Flat | null | undefined, set: (value: Json, type: string) => void, disabled: boolean) => HTMLElement} */
function dates(flat, set, disabled) {
  const millis = typeof flat?.value === 'number' ? flat.value : Date.parse(flat?.value);
  const local = Number.isNaN(millis) ? '' : new Date(millis - new Date(millis).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  const message = h('span', { class: 'hint' }, date(flat?.value));
  return h('span', { class: 'message-input' }, h('input', { type: 'datetime-local', 'aria-label': 'Date', value: local, disabled, oninput: (event) => {
    const picked = new Date(event.target.value);
    if (Number.isNaN(picked.getTime())) return;
    set(picked.toISOString(), 'string');
    show(message, date(picked.toISOString()));
  } }), message);
}

/** @type {(flat: Flat | null | undefined, set: (value: Json, type: string) => void, disabled: boolean) => HTMLElement} */
function range(flat, set, disabled) {
  /** @type {Record<string, string>} */
  const value = { ...flat?.value };
  /** @type {(name: string, label: string) => HTMLElement} */
  const side = (name, label) => h('input', { 'aria-label': label, inputmode: 'numeric', disabled, class: 'short', value: value[name] ?? '', oninput: (event) => {
    if (/^-?\d+$/.test(event.target.value)) value[name] = event.target.value;
    else delete value[name];
    set({ ...value }, 'int_range');
  } });
  return h('span', { class: 'row' }, side('start', 'From'), 'to (exclusive)', side('end', 'To'));
}
