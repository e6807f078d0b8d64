// What would this user get, and why? For one key with its steps, or for all keys; and beside another user.

import * as api from '../api.js';
import { field, h, show, table } from '../dom.js';
import * as items from '../items.js';
import { TYPES } from '../words.js';
import { select } from '../parts/value.js';

const BEGIN = '{\n  "user": {\n    "key": "u-1",\n    "email": "ann@acme.test",\n    "plan": "pro"\n  }\n}';
/** How many keys are answered at once. */
const MOST = 200;
const typed = [BEGIN, ''];

/** @type {(main: HTMLElement, known: Known) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Playground – Prefab';
  const { environment } = known;
  /** @type {[string[], Contexts]} */
  const [keys, contexts] = await Promise.all([items.keysOf(known.project.id, 'feature_flag', 'config'), api.get(known.api('contexts') + api.query({ environment: environment.id }))]);
  let key = known.place.query.get('key') ?? '';
  let isTwo = Boolean(typed[1]);
  const body = h('div', { class: 'stack' });
  const sides = h('div', { class: 'grid' });

  const entry = (/** @type {number} */ at) => {
    const text = h('textarea', { rows: 8, spellcheck: 'false', value: typed[at] || BEGIN, oninput: (event) => { typed[at] = event.target.value; soon(); } });
    typed[at] ||= BEGIN;
    const box = field(at ? 'Another context' : 'Context', text, { hint: 'Contexts by name, as JSON.' });
    const pick = contexts.examples.length > 0 && select([['', 'choose one that was seen lately …'], ...contexts.examples.map((one, index) => [String(index), named(one.contexts)])], '', (index) => {
      if (index === '') return;
      typed[at] = text.value = JSON.stringify(contexts.examples[Number(index)].contexts, null, 2);
      soon();
    }, false, { 'aria-label': 'A context that was seen' });
    return h('div', { class: 'stack tight', 'data-side': at }, box, pick);
  };
  const named = (/** @type {Example['contexts']} */ one) => one?.user?.email ?? one?.user?.key ?? JSON.stringify(one).slice(0, 60);

  function drawSides() {
    show(sides, entry(0), isTwo && entry(1));
  }
  /** @param {number} at */
  function parse(at) {
    const wrong = /** @type {HTMLElement} */ (sides.querySelector(`[data-side="${at}"] .wrong`));
    try {
      const value = JSON.parse(typed[at] || '{}');
      show(wrong);
      return value;
    } catch (error) {
      show(wrong, error.message);
      return null;
    }
  }
  /** @type {(one: string, asked: Json) => Promise<Answer>} */
  const ask = (one, asked) => api.post(known.api('explain'), { key: one, environment: environment.id, contexts: asked });

  let turn = 0;
  async function draw() {
    const asked = (isTwo ? [0, 1] : [0]).map(parse);
    if (asked.includes(null)) return;
    turn += 1;
    const mine = turn;
    const chosen = key ? [key] : keys.slice(0, MOST);
    if (!chosen.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'Nothing to ask for yet'), h('p', null, 'Once there is a flag or a config, this page says who gets what, and why.')));
    try {
      const answers = await inTurns(chosen, (one) => Promise.all(asked.map((contexts) => ask(one, contexts))));
      if (mine !== turn) return;
      show(body, key ? h('div', { class: 'grid' }, answers[0].map((answer) => explained(answer))) : overview(chosen, answers));
    } catch (error) {
      if (mine === turn) show(body, h('p', { class: 'wrong', role: 'alert' }, error.message));
    }
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 250);
  };
  known.onLeave(() => clearTimeout(timer));

  const said = (/** @type {Answer} */ answer) => (answer.error ? h('span', { class: 'chip bad' }, 'no value') : h('span', { class: `chip ${answer.value === true ? 'on' : answer.value === false ? '' : 'text'}` }, typeof answer.value === 'object' ? JSON.stringify(answer.value) : String(answer.value)));
  const explained = (/** @type {Answer} */ answer) => h('section', { class: 'card' }, h('div', { class: 'row' }, h('h2', null, 'Answer'), said(answer), answer.reason && h('span', { class: 'chip' }, answer.reason.toLowerCase().replace('_', ' '))), answer.error && h('p', { class: 'wrong' }, answer.error),
    h('ol', { class: 'steps' }, answer.steps.map((step) => {
      const line = h('li', null, step.text);
      line.style.marginLeft = `${step.depth * 20}px`;
      return line;
    })));
  /** @type {(chosen: string[], answers: Answer[][]) => HTMLElement} */
  const overview = (chosen, answers) => h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Key'), h('th', { scope: 'col' }, 'Value'), isTwo && h('th', { scope: 'col' }, 'The other’s'), h('th', { scope: 'col' }, 'Because'))),
    h('tbody', null, chosen.map((one, at) => {
      const differs = isTwo && JSON.stringify(answers[at][0].value) !== JSON.stringify(answers[at][1].value);
      const type = items.known(known.project.id)?.get(one)?.type ?? 'config';
      return h('tr', { class: differs ? 'differs' : null }, h('td', null, h('a', { class: 'code', href: known.path('playground') + api.query({ key: one, environment: environment.id }), 'data-type': TYPES[type][2] }, one)),
        answers[at].map((answer) => h('td', null, said(answer))), h('td', { class: 'faint' }, answers[at][0].steps.at(-1)?.text ?? answers[at][0].error));
    }))));

  show(main, h('div', null, h('h1', null, 'Playground'), h('p', { class: 'about' }, `What would somebody get in ${environment.name}, and why? Nothing is changed or counted.`)),
    h('div', { class: 'row bottom' }, field('Key', select([['', 'all flags and configs'], ...(keys.includes(key) || !key ? keys : [key, ...keys]).map((one) => [one, one])], key, (next) => { key = next; draw(); })),
      h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: isTwo, onchange: (event) => { isTwo = event.target.checked; if (!isTwo) typed[1] = ''; drawSides(); draw(); } }), 'Compare with another context')), sides, h('div', { 'aria-live': 'polite' }, body));
  drawSides();
  known.listen((name) => { if (name === 'change' || name === 'again') soon(); });
  await draw();
}

/**
 * Asks a few at a time.
 * @template T
 * @param {string[]} keys
 * @param {(key: string) => Promise<T>} ask
 */
async function inTurns(keys, ask) {
  /** @type {T[]} */
  const answers = [];
  for (let at = 0; at < keys.length; at += 8) answers.push(...await Promise.all(keys.slice(at, at + 8).map(ask)));
  return answers;
}
