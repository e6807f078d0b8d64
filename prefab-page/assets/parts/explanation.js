// Results of evaluations: one with its steps, two side by side, or the results of many keys in a table.

import { h, table, withCode } from '../dom.js';
import { inWords } from '../format.js';

/** @type {(answer: Answer) => string} */
const text = (answer) => (typeof answer.value === 'object' ? JSON.stringify(answer.value) : String(answer.value));
/**
 * Whether two results differ.
 * @type {(answers: Answer[]) => boolean}
 */
export const differ = ([left, right]) => Boolean(right) && (left.error ?? text(left)) !== (right.error ?? text(right));

/**
 * Returns the value of a result as a chip.
 * @type {(answer: Answer) => HTMLElement}
 */
export function valueChip(answer) {
  if (answer.error) return h('span', { class: 'chip bad' }, 'no value');
  return h('span', { class: `chip ${answer.value === true ? 'on' : answer.value === false ? '' : 'text'}`, title: text(answer).length > 40 ? text(answer) : null }, text(answer));
}

/**
 * Returns a result with its steps. Steps that the other result does not have are marked.
 * @type {(answer: Answer, title: string, other?: Answer) => HTMLElement}
 */
export function explanationCard(answer, title, other) {
  const otherSteps = new Set(other?.steps.map((step) => step.text));
  return h('section', { class: 'card answer-card' }, h('h2', null, title),
    h('p', { class: 'row' }, valueChip(answer), answer.reason && h('span', { class: 'chip' }, answer.reason.toLowerCase().replace('_', ' '))),
    answer.error && h('p', { class: 'wrong' }, withCode(answer.error)),
    h('ol', { class: 'steps' }, answer.steps.map((step, at) => {
      const isOther = other && !otherSteps.has(step.text);
      const line = h('li', { class: `${isOther ? 'other' : ''} ${at === answer.steps.length - 1 ? 'result' : ''}` }, withCode(inWords(step.text)));
      line.style.marginLeft = `${step.depth * 20}px`;
      return line;
    })));
}

/**
 * Returns one result, or two side by side with a sentence that says whether they differ.
 * @type {(answers: Answer[], titles: string[]) => HTMLElement}
 */
export function comparison(answers, titles) {
  const [left, right] = answers;
  return h('div', { class: 'stack' },
    right && h('p', { class: differ(answers) ? 'banner' : 'banner info', role: 'status' }, differ(answers) ? 'The values differ.' : 'The values are the same.'),
    h('div', { class: 'grid' }, explanationCard(left, titles[0], right), right && explanationCard(right, titles[1], left)));
}

/**
 * Returns a table with the results of many keys; `link` returns the address of a key.
 * @type {(keys: string[], answers: Answer[][], titles: string[], link: (key: string) => string) => HTMLElement}
 */
export function resultsTable(keys, answers, titles, link) {
  const isTwo = answers[0].length > 1;
  const reasonOf = (/** @type {Answer} */ one) => one.steps.at(-1)?.text ?? one.error;
  return h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Key', ...titles.slice(0, answers[0].length), 'Reason'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, keys.map((one, at) => {
      const own = answers[at];
      const differs = isTwo && differ(own);
      return h('tr', { class: differs ? 'differs' : null },
        h('td', null, h('a', { class: 'code', href: link(one) }, one), differs && h('span', { class: 'chip warn' }, 'differs')),
        own.map((answer) => h('td', null, valueChip(answer))),
        h('td', { class: 'faint' }, reasonOf(own[0]), differs && reasonOf(own[1]) !== reasonOf(own[0]) && h('span', { class: 'block' }, 'Other: ', reasonOf(own[1]))));
    }))));
}
