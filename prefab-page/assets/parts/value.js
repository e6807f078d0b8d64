// Inputs for values of each type. Valid input changes the value immediately; invalid input stays in the field with an
// error.

import { field, h, show, uniqueId, update } from '../dom.js';
import { LEVELS } from '../format.js';
import { durationInput } from './duration.js';
import { codeField } from './code-field.js';
import { revealButton } from './reveal.js';
import { select } from './select.js';

export { select };

/** @typedef {(value: Json) => void} Changes receives every new value */

/** @type {Record<string, Json>} */
const BLANK = { bool: false, int: 0, double: 0, string: '', string_list: [], duration: 'PT30S', json: '{}', log_level: 'INFO',
  int_range: {}, schema: { schemaType: 'JSON_SCHEMA', schema: '{\n  "type": "object"\n}' }, weighted_values: [], provided: { source: 'ENV_VAR', lookup: '' } };

/**
 * Returns the initial value of a type.
 * @type {(kind: string) => Flat}
 */
export const blank = (kind) => ({ type: kind, value: structuredClone(BLANK[kind] ?? '') });

/**
 * Returns whether the server sent a fingerprint instead of the value. Saved without a change, it keeps the value.
 * @type {(flat: Flat) => boolean}
 */
export const isRedacted = (flat) => Boolean(flat.confidential) && flat.type === 'string' && /^\*{5}[0-9a-f]{5}$/i.test(flat.value);

/**
 * Creates a field for a value. It calls `onChange` after a change, and validates the value with `check`.
 * @param {Flat} flat
 * @param {{label?: string, kind?: string | null, onChange?: () => void, place?: string, variants?: (Flat & {name?: string})[], disabled?: boolean, check?: Check}} [how] `kind` is the declared type, which a redacted value does not have
 * @returns {HTMLElement}
 */
export function valueInput(flat, how = {}) {
  const { label = 'Value', onChange = () => {}, place = '', variants = [], disabled = false, check } = how;
  if (isRedacted(flat)) return redactedInput(flat, how);
  if (flat.decryptWith) return field(label, input({ value: '[encrypted]', disabled: true }), { hint: `Encrypted with ${flat.decryptWith}. Change it with the command “prefab secret”.` });
  const choices = variants.filter((one) => one.type === flat.type);
  /** @type {(value: Json) => string} */
  const textOf = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  /** @type {Changes} */
  const changed = (value) => {
    flat.value = value;
    onChange();
  };
  if (flat.type === 'bool') {
    return field(label, select([['true', 'true (on)'], ['false', 'false (off)']], String(flat.value), (text) => changed(text === 'true'), disabled), { place });
  }
  if (choices.length > 1 && choices.some((one) => textOf(one.value) === textOf(flat.value))) {
    const options = choices.map((one, at) => [String(at), one.name ? `${one.name}: ${textOf(one.value)}` : textOf(one.value)]);
    const chosen = choices.findIndex((one) => textOf(one.value) === textOf(flat.value));
    return field(label, select(options, String(chosen), (at) => changed(choices[Number(at)].value), disabled), { place });
  }
  switch (flat.type) {
    case 'log_level': return field(label, select(LEVELS.map((level) => [level, level]), String(flat.value), changed, disabled), { place });
    case 'int': return parsedInput(label, flat, { inputmode: 'numeric' }, (text) => (INTEGER.test(text) ? parseNumber(text) : expected('a whole number')), changed, place, disabled);
    case 'double': return parsedInput(label, flat, { inputmode: 'decimal' }, (text) => Number(parseNumber(text)), changed, place, disabled);
    case 'duration': return durationInput(label, String(flat.value), changed, place, disabled);
    case 'json': return jsonInput(label, flat, pretty(flat.value), changed, { place, disabled, check, onChange });
    case 'string_list': return field(label, listInput(flat.value, changed, disabled), { hint: 'Press Enter after each value, or paste several lines.', place });
    case 'string':
      if (check?.hasSchema) return jsonInput(label, flat, flat.value, changed, { place, disabled, check, onChange });
      return field(label, textInput(flat, changed, disabled), { place });
    case 'schema': return jsonInput(label, flat, flat.value.schema, changed, { place, disabled, check, onChange }, (schema) => ({ ...flat.value, schema }));
    case 'provided': return field(label, input({ value: flat.value.lookup, disabled, oninput: (event) => changed({ ...flat.value, lookup: event.target.value }) }), { hint: 'Name of an environment variable on the client.', place });
    default: return rawInput(label, flat, changed, place, disabled);
  }
}

/**
 * Creates a field that hides a confidential value, with a button that replaces the value by a new one.
 * @type {(flat: Flat, how: NonNullable<Parameters<typeof valueInput>[1]>) => HTMLElement}
 */
function redactedInput(flat, how) {
  const { label = 'Value', kind, onChange = () => {}, disabled = false } = how;
  const box = field(label, input({ value: '[confidential]', disabled: true }), { hint: 'The server does not send confidential values. Publishing keeps this value.' });
  const replace = () => {
    Object.assign(flat, blank(kind ?? 'string'));
    onChange();
    const added = valueInput(flat, how);
    box.replaceWith(added);
    /** @type {HTMLElement | null} */ (added.querySelector('input, select, textarea'))?.focus();
  };
  const reveal = revealButton(flat, label);
  box.append(h('div', { class: 'row' }, reveal, !disabled && h('button', { type: 'button', class: 'quiet', onclick: replace }, 'Replace value')));
  return box;
}

/**
 * Formats JSON for editing. Text that does not parse is unchanged.
 * @type {(value: Json) => string}
 */
function pretty(value) {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  const compact = (/** @type {string} */ text) => text.replaceAll(/\s/g, '');
  try {
    const formatted = JSON.stringify(JSON.parse(value), null, 2);
    // Parsing loses digits of large numbers and duplicate members, so such a text is unchanged.
    return compact(formatted) === compact(value) ? formatted : value;
  } catch {
    return value;
  }
}

/** @type {(wanted: string) => never} */
const expected = (wanted) => { throw new Error(`Expected ${wanted}.`); };
/** @type {(properties: Properties<HTMLInputElement>) => HTMLInputElement} */
const input = (properties) => h('input', { autocomplete: 'off', spellcheck: 'false', id: uniqueId('value'), ...properties });
const INTEGER = /^[+-]?\d+$/;
/**
 * Parses a number. An integer beyond 2^53 stays a text, because a number would lose digits.
 * @type {(text: string) => number | string}
 */
export function parseNumber(text) {
  if (text === '' || !Number.isFinite(Number(text))) expected('a number');
  return INTEGER.test(text) && !Number.isSafeInteger(Number(text)) ? text.replace('+', '') : Number(text);
}

/**
 * Creates an input that is parsed at each keystroke.
 * @type {(label: string, flat: Flat, properties: Properties<HTMLInputElement>, read: (text: string) => Json, changed: Changes, place: string, disabled: boolean) => HTMLElement}
 */
export function parsedInput(label, flat, properties, read, changed, place, disabled) {
  const element = input({ value: String(flat.value), disabled, ...properties });
  const box = field(label, element, { place });
  parseOnInput(box, element, read, changed);
  return box;
}

/** @type {(box: HTMLElement, element: HTMLInputElement | HTMLTextAreaElement, read: (text: string) => Json, changed: Changes) => void} */
function parseOnInput(box, element, read, changed) {
  const message = /** @type {HTMLElement} */ (box.querySelector('.wrong'));
  element.addEventListener('input', () => {
    try {
      changed(read(element.value.trim()));
      element.setCustomValidity('');
      show(message);
      element.removeAttribute('aria-invalid');
    } catch (error) {
      element.setCustomValidity(error.message);
      show(message, error.message);
      element.setAttribute('aria-invalid', 'true');
    }
  });
}

/** @type {(flat: Flat, changed: Changes, disabled: boolean) => HTMLElement} */
function textInput(flat, changed, disabled) {
  const isLong = String(flat.value).length > 60 || String(flat.value).includes('\n');
  return h(isLong ? 'textarea' : 'input', { id: uniqueId('value'), value: flat.value, disabled, autocomplete: 'off', oninput: (event) => changed(event.target.value) });
}

/**
 * Creates a field for JSON, which shows errors with their lines.
 * @param {string} label
 * @param {Flat} flat
 * @param {string} text
 * @param {Changes} changed
 * @param {{place: string, disabled: boolean, check?: Check, onChange: () => void}} how
 * @param {(typed: string) => Json} [toValue] converts the text to the value
 */
function jsonInput(label, flat, text, changed, { place, disabled, check, onChange }, toValue = (typed) => typed) {
  const validate = (/** @type {string} */ typed) => {
    if (flat.type === 'string') return '';
    try { JSON.parse(typed); } catch (error) { return error.message; }
    return '';
  };
  return codeField(label, text, { validate, place, disabled, changed: (typed) => changed(toValue(typed)), checked: onChange, isDoubtful: Boolean(check?.hasSchema),
    check: check && ((typed) => check({ ...flat, value: toValue(typed) })) });
}

/** @type {(label: string, flat: Flat, changed: Changes, place: string, disabled: boolean) => HTMLElement} */
function rawInput(label, flat, changed, place, disabled) {
  const element = h('textarea', { id: uniqueId('value'), rows: 3, value: JSON.stringify(flat.value), disabled, spellcheck: 'false' });
  const box = field(label, element, { hint: `A ${flat.type.replace('_', ' ')}, as JSON.`, place });
  parseOnInput(box, element, (text) => JSON.parse(text), changed);
  return box;
}

/**
 * Creates an input for a list of texts. Enter, or leaving the field, adds the text as a chip.
 * @param {string[] | null | undefined} list
 * @param {(list: string[]) => void} changed
 * @param {boolean} [disabled]
 * @param {Properties<HTMLInputElement> & {split?: RegExp}} [properties] `split` separates texts that are added together
 */
export function listInput(list, changed, disabled = false, properties = {}) {
  const values = [...(list ?? [])];
  const chips = h('span', { class: 'chips' });
  const { split = /\n/, ...others } = properties;
  const entry = input({ disabled, class: 'entry', ...others });
  const draw = () => update(chips, values.map((value, at) => h('span', { class: 'chip' }, h('span', { class: 'code' }, value),
    !disabled && h('button', { type: 'button', class: 'quiet drop', 'aria-label': `Remove ${value}`, onclick: () => { values.splice(at, 1); emit(); entry.focus(); } }, '×'))));
  const emit = () => { changed([...values]); draw(); };
  const addTyped = (text = entry.value) => {
    const typed = text.split(split).map((one) => one.trim()).filter(Boolean);
    if (!typed.length) return;
    values.push(...typed.filter((one) => !values.includes(one)));
    entry.value = '';
    emit();
  };
  entry.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && entry.value.trim()) { event.preventDefault(); addTyped(); }
    if (event.key === 'Backspace' && !entry.value && values.length) { values.pop(); emit(); }
  });
  entry.addEventListener('blur', () => addTyped());
  entry.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!text.includes('\n')) return;
    event.preventDefault();
    addTyped(text);
  });
  draw();
  const box = h('div', { class: 'list-input' }, chips, entry);
  Object.defineProperty(box, 'id', { get: () => entry.id, set: (id) => { entry.id = id; } });
  box.setAttribute = (name, value) => entry.setAttribute(name, value);
  return box;
}
