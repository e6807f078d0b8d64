// A rule at rest: a sentence with chips, and a bar for a percentage rollout.

import { h } from '../dom.js';
import { date, operator, value as format } from '../format.js';
import { icon } from '../icons.js';
import { valueChip } from './badges.js';
import { isNamespace } from './namespace.js';

/** How many values of a condition a sentence shows. */
const SHOWN = 6;

/**
 * Returns the conditions of a rule, and what it serves. Spaces are text, so that the sentence reads well when it is copied
 * or spoken.
 * @type {(rule: Rule, how: {isFirst: boolean, isLast: boolean, kind?: string | null, colors: (text: string) => string, published?: Flat, href: (segment: string) => string}) => Child[]}
 */
export function ruleSentence(rule, { isFirst, isLast, kind, colors, published, href }) {
  const criteria = rule.criteria ?? [];
  const isForAll = !criteria.length || criteria.every((one) => one.operator === 'ALWAYS_TRUE');
  const everyone = h('strong', null, isLast && !isFirst ? 'Everyone else' : 'Everyone');
  const when = isForAll ? [everyone] : ['If ', criteria.map((one, at) => [at > 0 && ' and ', condition(one, href)])];
  const served = kind === 'segment' ? h('strong', null, rule.value?.value ? 'include' : 'exclude') : result(rule.value, colors, published);
  return [...when, h('span', { class: 'arrow faint', 'aria-hidden': 'true' }, ' → '), h('span', { class: 'visually-hidden' }, ': '),
    kind !== 'segment' && h('span', { class: 'word' }, 'serve '), served];
}

/** @type {(criterion: Criterion, href: (segment: string) => string) => Child[]} */
function condition({ propertyName, operator: name, valueToMatch }, href) {
  const [, verb, follows] = operator(name);
  const property = name.startsWith('LOOKUP_KEY') ? '' : h('span', { class: 'code property-name' }, propertyName || '…');
  if (follows === 'segment') {
    const key = String(valueToMatch?.value ?? '');
    return [`${verb} `, key ? h('a', { class: 'chip segment', href: href(key) }, icon('segment'), key) : '…'];
  }
  if (name === 'ALWAYS_TRUE') return ['always'];
  if (isNamespace({ propertyName, operator: name, valueToMatch })) return ['the namespace is ', h('span', { class: 'chip text' }, String(valueToMatch?.value || '…')), ' or below it'];
  if (follows === 'none') return [property, ` ${verb}`];
  return [property, ` ${verb} `, operands(valueToMatch, follows)];
}

/** @type {(flat: Flat | null | undefined, follows: string) => Child} */
function operands(flat, follows) {
  const all = Array.isArray(flat?.value) ? flat.value : [flat ? (follows === 'date' ? date(flat.value) : format(flat)) : ''];
  if (!all.length || all[0] === '') return '…';
  const chips = all.slice(0, SHOWN).map((one, at) => [at > 0 && h('span', { class: 'word' }, ' or '), h('span', { class: 'chip text' }, String(one))]);
  return [chips, all.length > SHOWN && h('span', { class: 'faint' }, ` or ${all.length - SHOWN} more`)];
}

/** @type {(weight: number, sum: number) => number} */
const share = (weight, sum) => Math.round((weight / (sum || 1)) * 1000) / 10;

/** @type {(flat: Flat, colors: (text: string) => string, published?: Flat) => Child} */
function result(flat, colors, published) {
  if (flat?.type !== 'weighted_values') return valueChip(flat, colors);
  const parts = ordered(flat);
  const sum = parts.reduce((all, one) => all + one.weight, 0);
  return [parts.map((one) => {
    const before = publishedShare(published, one.value);
    const now = share(one.weight, sum);
    return h('span', { class: 'share-text' }, valueChip(one.value, colors), ' ', before !== null && before !== now && [h('s', { class: 'faint' }, `${before}%`), ' '],
      h('span', { class: before !== null && before !== now ? 'changed-share' : '' }, `${now}%`), ' ');
  }), flat.hashByPropertyName ? ['by ', h('span', { class: 'code' }, flat.hashByPropertyName)] : 'at random'];
}

/**
 * Returns the parts of a rollout, `true` first.
 * @type {(flat: Flat) => Weighted[]}
 */
const ordered = (flat) => [...(flat.value ?? [])].sort((left, right) => Number(right.value.value === true) - Number(left.value.value === true));

/** @type {(published: Flat | undefined, value: Flat) => number | null} */
function publishedShare(published, value) {
  if (!published) return null;
  if (published.type !== 'weighted_values') return format(published) === format(value) ? 100 : 0;
  /** @type {Weighted[]} */
  const parts = published.value ?? [];
  const sum = parts.reduce((all, one) => all + one.weight, 0);
  return share(parts.filter((one) => format(one.value) === format(value)).reduce((all, one) => all + one.weight, 0), sum);
}

/**
 * Returns the bar of a rollout, or nothing for a single value.
 * @type {(flat: Flat, colors: (text: string) => string) => HTMLElement | null}
 */
export function rolloutBar(flat, colors) {
  if (flat?.type !== 'weighted_values') return null;
  const parts = ordered(flat).filter((one) => one.weight > 0);
  return h('span', { class: 'rollout-bar', 'aria-hidden': 'true' }, parts.map((one) => {
    const part = h('span', { class: colors(format(one.value)) });
    part.style.flexGrow = String(one.weight);
    return part;
  }));
}
