// Results of evaluations: one with its steps, two side by side, or the results of many keys in a table.

import { h, table, withCode } from '../dom.js';
import { inWords } from '../format.js';

/** @type {(result: Answer) => string} */
const text = (result) => (typeof result.value === 'object' ? JSON.stringify(result.value) : String(result.value));
/**
 * Whether two results differ.
 * @type {(results: Answer[]) => boolean}
 */
export const isDifferent = ([left, right]) => Boolean(right) && (left.error ?? text(left)) !== (right.error ?? text(right));

/**
 * Returns the value of a result as a chip.
 * @type {(result: Answer) => HTMLElement}
 */
export function valueChip(result) {
  if (result.error) return h('span', { class: 'chip bad' }, 'no value');
  return h('span', { class: `chip ${result.value === true ? 'on' : result.value === false ? '' : 'text'}`, title: text(result).length > 40 ? text(result) : null }, text(result));
}

/**
 * Returns a result with its steps. Steps that the other result does not have are marked.
 * @type {(result: Answer, title: string, other?: Answer) => HTMLElement}
 */
export function explanationCard(result, title, other) {
  const otherSteps = new Set(other?.steps.map((step) => step.text));
  return h('section', { class: 'card answer-card' }, h('h2', null, title),
    h('p', { class: 'row' }, valueChip(result), result.reason && h('span', { class: 'chip' }, result.reason.toLowerCase().replace('_', ' '))),
    result.error && h('p', { class: 'wrong' }, withCode(result.error)),
    h('ol', { class: 'steps' }, result.steps.map((step, at) => {
      const isOther = other && !otherSteps.has(step.text);
      const line = h('li', { class: `${isOther ? 'other' : ''} ${at === result.steps.length - 1 ? 'result' : ''}` }, withCode(inWords(step.text)));
      line.style.marginLeft = `${step.depth * 20}px`;
      return line;
    })));
}

/**
 * Returns one result, or two side by side with a sentence about whether they differ.
 * @type {(results: Answer[], titles: string[]) => HTMLElement}
 */
export function comparison(results, titles) {
  const [left, right] = results;
  return h('div', { class: 'stack' },
    right && h('p', { class: isDifferent(results) ? 'banner' : 'banner info', role: 'status' }, isDifferent(results) ? 'The values differ.' : 'The values are the same.'),
    h('div', { class: 'grid' }, explanationCard(left, titles[0], right), right && explanationCard(right, titles[1], left)));
}

/**
 * Returns a table with the results of many keys; `link` returns the address of a key.
 * @type {(keys: string[], results: Answer[][], titles: string[], link: (key: string) => string) => HTMLElement}
 */
export function resultsTable(keys, results, titles, link) {
  const isTwo = results[0].length > 1;
  const reasonOf = (/** @type {Answer} */ one) => one.steps.at(-1)?.text ?? one.error;
  return h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Key', ...titles.slice(0, results[0].length), 'Reason'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, keys.map((one, at) => {
      const own = results[at];
      const isUnequal = isTwo && isDifferent(own);
      return h('tr', { class: isUnequal ? 'differs' : null },
        h('td', null, h('a', { class: 'code', href: link(one) }, one), isUnequal && h('span', { class: 'chip warn' }, 'differs')),
        own.map((result) => h('td', null, valueChip(result))),
        h('td', { class: 'faint' }, reasonOf(own[0]), isUnequal && reasonOf(own[1]) !== reasonOf(own[0]) && h('span', { class: 'block' }, 'Other: ', reasonOf(own[1]))));
    }))));
}
