// What would this user get, and why? For one key with its steps, or for all keys; and beside another user or
// another version.

import * as api from '../api.js';
import { field, h, show } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../format.js';
import { beside, differ, overview } from '../parts/explanation.js';
import { select } from '../parts/value.js';

const BEGIN = '{\n  "user": {\n    "key": "u-1",\n    "email": "ann@acme.test",\n    "plan": "pro"\n  }\n}';
/** How many keys are answered at once. */
const MOST = 200;
const NOW = 'published';
/** What was typed stays while the page is open. */
const typed = [BEGIN, ''];

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Playground – Prefab';
  const { environment, place } = known;
  /** @type {[string[], Contexts, Draft[]]} */
  const [keys, contexts, drafts] = await Promise.all([items.keysOf(known.project.id, 'feature_flag', 'config'),
    api.get(known.api('contexts') + api.query({ environment: environment.id })), api.get(known.api('drafts'))]);
  const drafted = new Set(drafts.map((draft) => draft.key));
  let key = place.query.get('key') ?? '';
  let against = place.query.get('against') ?? (typed[1] ? 'context' : '');
  const versions = [place.query.get('left') ?? '', place.query.get('right') ?? NOW];
  /** @type {Version[]} */
  let history = [];
  let onlyUnequal = false;
  const body = h('div', { class: 'stack' });
  const [choice, sides] = [h('div', { class: 'row bottom' }), h('div', { class: 'grid' })];

  /** Keeps in the address what is asked, so that it can be shown to somebody. */
  const remember = () => window.history.replaceState(null, '', known.path('playground') + api.query({ key, environment: environment.id, against,
    left: against === 'version' && key ? versions[0] : '', right: against === 'version' && key ? versions[1] : '' }));

  const named = (/** @type {Example['contexts']} */ one) => one?.user?.email ?? one?.user?.key ?? JSON.stringify(one).slice(0, 60);
  const entry = (/** @type {number} */ at) => {
    typed[at] ||= BEGIN;
    const text = h('textarea', { rows: 8, spellcheck: 'false', value: typed[at], oninput: (event) => { typed[at] = event.target.value; soon(); } });
    const box = field(at ? 'Another context' : 'Context', text, { hint: 'Contexts by name, as JSON.' });
    const pick = contexts.examples.length > 0 && select([['', 'choose one that was seen lately …'], ...contexts.examples.map((one, index) => [String(index), named(one.contexts)])], '', (index) => {
      if (index === '') return;
      typed[at] = text.value = JSON.stringify(contexts.examples[Number(index)].contexts, null, 2);
      soon();
    }, false, { 'aria-label': at ? 'Another context that was seen' : 'A context that was seen' });
    return h('div', { class: 'stack tight', 'data-side': at }, box, pick);
  };
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

  /**
   * What a version is called where one is chosen.
   * @type {(one: Version, at: number) => string[]}
   */
  const version = (one, at) => [one.id, `${at === 0 ? 'published, ' : ''}${ago(one.changedAt)}, ${one.changedBy}${one.comment ? `: ${one.comment.slice(0, 40)}` : ''}`];
  const choices = () => [[NOW, 'what is published'], ...(drafted.has(key) ? [['draft', 'the draft']] : []), ...history.filter((one) => !one.isArchived).map(version)];
  const title = (/** @type {string} */ wanted) => choices().find(([id]) => id === wanted)?.[1] ?? wanted;

  function drawChoice() {
    const ways = [['', 'nothing'], ['context', 'another context'], ['version', key ? 'another version' : 'the drafts']];
    const side = (/** @type {number} */ at, /** @type {string} */ label) => field(label, select(choices(), versions[at], (next) => { versions[at] = next; draw(); }));
    show(choice, field('Key', select([['', 'all flags and configs'], ...(keys.includes(key) || !key ? keys : [key, ...keys]).map((one) => [one, one])], key, (next) => { key = next; [versions[0], versions[1]] = ['', NOW]; begin(); })),
      field('Compare with', select(ways, against, (next) => { against = next; if (next !== 'context') typed[1] = ''; drawChoice(); drawSides(); draw(); })),
      against === 'version' && key && [side(0, 'Version'), side(1, 'Other version')],
      !key && against && h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: onlyUnequal, onchange: (event) => { onlyUnequal = event.target.checked; draw(); } }), 'Only what differs'));
  }
  const drawSides = () => show(sides, entry(0), against === 'context' && entry(1));

  /** @type {(one: string, asked: Json, wanted: string) => Promise<Answer>} */
  const ask = (one, asked, wanted) => api.post(known.api('explain'), { key: one, environment: environment.id, contexts: asked, version: wanted === NOW ? undefined : wanted });
  /**
   * What is asked of a key: one question, or two.
   * @type {(one: string, asked: Json[]) => Promise<Answer>[]}
   */
  function questions(one, asked) {
    if (against === 'context') return asked.map((contexts) => ask(one, contexts, NOW));
    if (against !== 'version') return [ask(one, asked[0], NOW)];
    const pair = key ? versions : [NOW, drafted.has(one) ? 'draft' : NOW];
    return pair.map((wanted) => ask(one, asked[0], wanted));
  }
  const titles = () => (against === 'context' ? ['The first', 'The other'] : against !== 'version' ? ['Answer'] : key ? versions.map(title) : ['Published', 'With the draft']);

  let turn = 0;
  async function draw() {
    remember();
    const asked = (against === 'context' ? [0, 1] : [0]).map(parse);
    if (asked.includes(null)) return;
    turn += 1;
    const mine = turn;
    const chosen = key ? [key] : keys.slice(0, MOST);
    if (!chosen.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'Nothing to ask for yet'), h('p', null, 'Once there is a flag or a config, this page says who gets what, and why.')));
    try {
      const answers = await inTurns(chosen, (one) => Promise.all(questions(one, asked)));
      if (mine !== turn) return;
      show(body, key ? beside(answers[0], titles()) : many(chosen, answers));
    } catch (error) {
      if (mine === turn) show(body, h('p', { class: 'wrong', role: 'alert' }, error.message));
    }
  }

  /** @type {(chosen: string[], answers: Answer[][]) => Child} */
  function many(chosen, answers) {
    const isTwo = answers[0].length > 1;
    const unequal = answers.filter(differ).length;
    const shown = chosen.map((_, at) => at).filter((at) => !isTwo || !onlyUnequal || differ(answers[at]));
    const link = (/** @type {string} */ one) => known.path('playground') + api.query({ key: one, environment: environment.id, against, ...(against === 'version' && { left: NOW, right: drafted.has(one) ? 'draft' : NOW }) });
    return [
      isTwo && h('p', { class: unequal ? 'banner' : 'banner info', role: 'status' }, unequal ? `${unequal} of ${chosen.length} answers differ.` : 'All answers are the same.'),
      keys.length > MOST && h('p', { class: 'hint' }, `The first ${MOST} of ${keys.length} keys. Choose one above to ask for another.`),
      shown.length > 0 && overview(shown.map((at) => chosen[at]), shown.map((at) => answers[at]), isTwo ? titles() : ['Value'], link)];
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 250);
  };
  known.onLeave(() => clearTimeout(timer));

  /** Begins with another key: its versions are fetched first. */
  async function begin() {
    history = key ? await api.get(known.api('items', key, 'versions')) : [];
    versions[0] ||= drafted.has(key) ? NOW : history.find((one, at) => at > 0 && !one.isArchived)?.id ?? NOW;
    if (drafted.has(key) && versions[0] === NOW && versions[1] === NOW) versions[1] = 'draft';
    drawChoice();
    await draw();
  }

  show(main, h('div', null, h('h1', null, 'Playground'), h('p', { class: 'about' }, `What would somebody get in ${environment.name}, and why? Nothing is changed or counted.`)),
    choice, sides, h('div', { 'aria-live': 'polite' }, body));
  drawSides();
  known.listen((name, data) => {
    if (name === 'draft') drafted[data.savedBy ? 'add' : 'delete'](data.key);
    if (['change', 'draft', 'again'].includes(name)) soon();
  });
  await begin();
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
