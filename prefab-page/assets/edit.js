// Edits of an item: differences as text, and merging of concurrent edits.

import * as format from './format.js';

const SETTINGS = /** @type {const} */ (['valueType', 'sendToClientSdk', 'schemaKey', 'tags']);
const SETTING_NAMES = { valueType: 'Type', sendToClientSdk: 'Available to client-side SDKs', schemaKey: 'Schema', tags: 'Tags' };
/** @type {(left: unknown, right: unknown) => boolean} */
const same = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);
/** @type {<T>(item: T) => T} */
export const clone = (item) => structuredClone(item);

/**
 * Returns the rules of a section: `default` or an environment. Returns nothing if the environment uses the default rules.
 * @type {(item: Item, section: string) => Rule[] | undefined}
 */
export function rulesOf(item, section) {
  if (section === 'default') return item.default.rules;
  return item.environments.find((one) => one.id === section)?.rules;
}

/**
 * Sets the rules of a section. Without rules, the environment uses the default rules.
 * @type {(item: Item, section: string, rules: Rule[] | undefined) => void}
 */
export function setRules(item, section, rules) {
  if (section === 'default') item.default.rules = rules ?? [];
  else if (!rules) item.environments = item.environments.filter((one) => one.id !== section);
  else {
    const own = item.environments.find((one) => one.id === section);
    if (own) own.rules = rules;
    else item.environments.push({ id: section, rules });
  }
}

/** @type {(left: Item, right: Item) => boolean} */
export const isSame = (left, right) => diff(left, right, []).length === 0 && !changedSections(left, right).length;

/**
 * Returns the sections whose rules differ.
 * @type {(before: Item, after: Item) => string[]}
 */
export function changedSections(before, after) {
  const ids = new Set(['default', ...before.environments.map((one) => one.id), ...after.environments.map((one) => one.id)]);
  return [...ids].filter((id) => !same(rulesOf(before, id), rulesOf(after, id)));
}

/**
 * Returns the differences as `{section, sign, text}`.
 * @type {(before: Item, after: Item, environments: {id: string, name: string}[]) => Line[]}
 */
export function diff(before, after, environments) {
  /** @type {Line[]} */
  const lines = [];
  for (const section of changedSections(before, after)) {
    const name = section === 'default' ? 'Default' : environments.find((one) => one.id === section)?.name ?? section;
    lines.push(...rulesDiff(rulesOf(before, section), rulesOf(after, section)).map((line) => ({ ...line, section: name })));
  }
  const text = (/** @type {unknown} */ value) => (Array.isArray(value) ? value.join(', ') : value);
  for (const setting of SETTINGS) {
    if (same(before[setting], after[setting])) continue;
    if (before[setting]) lines.push({ section: 'Settings', sign: '−', text: `${SETTING_NAMES[setting]}: ${text(before[setting])}` });
    if (after[setting]) lines.push({ section: 'Settings', sign: '+', text: `${SETTING_NAMES[setting]}: ${text(after[setting])}` });
  }
  if (!same(before.variants, after.variants)) {
    /** @type {(one: Variant) => string} */
    const describe = (one) => `${one.name ? `${one.name}: ` : ''}${format.value(one.value)}`;
    const [was, is] = [(before.variants ?? []).map(describe), (after.variants ?? []).map(describe)];
    lines.push(...was.filter((one) => !is.includes(one)).map((text) => ({ section: 'Variants', sign: '−', text })));
    lines.push(...is.filter((one) => !was.includes(one)).map((text) => ({ section: 'Variants', sign: '+', text })));
  }
  return lines;
}

/** @type {(before: Rule[] | undefined, after: Rule[] | undefined) => Omit<Line, 'section'>[]} */
function rulesDiff(before, after) {
  if (!after) return [{ sign: '−', text: 'overrides the default rules' }];
  const was = (before ?? []).map(format.rule);
  const is = after.map(format.rule);
  /** @type {Omit<Line, 'section'>[]} */
  const lines = [
    ...without(was, is).map((text) => ({ sign: '−', text, json: jsonOf(before, was.indexOf(text)) })),
    ...without(is, was).map((text) => ({ sign: '+', text, json: jsonOf(after, is.indexOf(text)) })),
  ];
  if (!before) lines.unshift({ sign: '+', text: 'overrides the default rules' });
  // The sentences are equal, so the order or a detail differs.
  if (!lines.length) lines.push({ sign: '±', text: same([...was].sort(), [...is].sort()) && !same(was, is) ? 'order of the rules' : 'details of the rules' });
  return lines;
}

/**
 * Returns the formatted JSON that a rule serves, or nothing.
 * @type {(rules: Rule[] | undefined, at: number) => string | undefined}
 */
function jsonOf(rules, at) {
  const flat = rules?.[at]?.value;
  if (flat?.type !== 'json' || typeof flat.value !== 'string' || flat.confidential || flat.decryptWith) return undefined;
  try {
    return JSON.stringify(JSON.parse(flat.value), null, 2);
  } catch {
    return undefined;
  }
}

/**
 * Returns the texts that are left after each of `others` removed one of its kind, so that duplicates count.
 * @type {(texts: string[], others: string[]) => string[]}
 */
function without(texts, others) {
  const left = [...others];
  return texts.filter((text) => {
    const at = left.indexOf(text);
    if (at < 0) return true;
    left.splice(at, 1);
    return false;
  });
}

/**
 * Applies the changes from `base` to `mine` onto `theirs`. If both changed a section, `mine` wins and `clashes` lists
 * the section.
 * @template {Item} I
 * @param {Item} base
 * @param {Item} mine
 * @param {I} theirs
 * @returns {{merged: I, clashes: string[]}}
 */
export function merge(base, mine, theirs) {
  const merged = clone(theirs);
  const [ours, others] = [changedSections(base, mine), changedSections(base, theirs)];
  const clashes = ours.filter((section) => others.includes(section) && !same(rulesOf(mine, section), rulesOf(theirs, section)));
  for (const section of ours) setRules(merged, section, clone(rulesOf(mine, section)));
  for (const setting of /** @type {const} */ ([...SETTINGS, 'variants'])) {
    if (same(base[setting], mine[setting])) continue;
    if (!same(base[setting], theirs[setting]) && !same(mine[setting], theirs[setting])) clashes.push(setting);
    Object.assign(merged, { [setting]: mine[setting] });
  }
  return { merged, clashes };
}

/**
 * Returns the problems that prevent publishing, as `[place, text]`. The server validates the item again.
 * @type {(item: Item) => [place: string, text: string][]}
 */
export function problems(item) {
  /** @type {[string, string][]} */
  const found = [];
  /** @type {[string, Rule[]][]} */
  const all = [['default', item.default.rules], ...item.environments.map((one) => /** @type {[string, Rule[]]} */ ([one.id, one.rules]))];
  for (const [section, rules] of all) {
    rules.forEach((rule, at) => {
      for (const criterion of rule.criteria ?? []) {
        const [, verb, follows] = format.operator(criterion.operator);
        const place = `${section}.${at}`;
        if (follows !== 'segment' && criterion.operator !== 'ALWAYS_TRUE' && !criterion.operator.startsWith('LOOKUP') && !criterion.propertyName) found.push([place, 'Enter a property for the condition.']);
        const value = criterion.valueToMatch?.value;
        if (follows === 'list' && !value?.length) found.push([place, `Add a value to “${criterion.propertyName} ${verb}”.`]);
        if (follows === 'segment' && !value) found.push([place, 'Select a segment for the condition.']);
      }
    });
  }
  return found;
}
