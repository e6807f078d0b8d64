// Evaluates one key with all steps, or all keys, for a context; compares two contexts or two versions.

import * as api from '../api.js';
import { field, h, show } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../format.js';
import { comparison, differ, resultsTable } from '../parts/explanation.js';
import { select } from '../parts/value.js';

const BEGIN = '{\n  "user": {\n    "key": "u-1",\n    "email": "ann@acme.test",\n    "plan": "pro"\n  }\n}';
/** Number of keys in the table of all keys. */
const MOST = 200;
const NOW = 'published';
/** The contexts as typed, kept while the page is open. */
const typed = [BEGIN, ''];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Playground – Prefab';
  const { environment, place } = page;
  /** @type {[string[], Contexts, Draft[]]} */
  const [keys, contexts, drafts] = await Promise.all([items.keysOf(page.project.id, 'feature_flag', 'config'),
    api.get(page.api('contexts') + api.query({ environment: environment.id })), api.get(page.api('drafts'))]);
  const drafted = new Set(drafts.map((draft) => draft.key));
  let key = place.query.get('key') ?? '';
  let against = place.query.get('against') ?? (typed[1] ? 'context' : '');
  const versions = [place.query.get('left') ?? '', place.query.get('right') ?? NOW];
  /** @type {Version[]} */
  let history = [];
  let onlyUnequal = false;
  const body = h('div', { class: 'stack' });
  const [choice, sides] = [h('div', { class: 'row bottom' }), h('div', { class: 'grid' })];

  /** Keeps the selection in the address, so that it can be shared. */
  const remember = () => window.history.replaceState(null, '', page.path('playground') + api.query({ key, environment: environment.id, against,
    left: against === 'version' && key ? versions[0] : '', right: against === 'version' && key ? versions[1] : '' }));

  const named = (/** @type {Example['contexts']} */ one) => one?.user?.email ?? one?.user?.key ?? JSON.stringify(one).slice(0, 60);
  const entry = (/** @type {number} */ at) => {
    typed[at] ||= BEGIN;
    const text = h('textarea', { rows: 8, spellcheck: 'false', value: typed[at], oninput: (event) => { typed[at] = event.target.value; soon(); } });
    const box = field(at ? 'Another context' : 'Context', text, { hint: 'Contexts by name, as JSON.' });
    const pick = contexts.examples.length > 0 && select([['', 'Pick a recent context…'], ...contexts.examples.map((one, index) => [String(index), named(one.contexts)])], '', (index) => {
      if (index === '') return;
      typed[at] = text.value = JSON.stringify(contexts.examples[Number(index)].contexts, null, 2);
      soon();
    }, false, { 'aria-label': at ? 'Another recent context' : 'Recent context' });
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
   * Returns the option for a version.
   * @type {(one: Version, at: number) => string[]}
   */
  const version = (one, at) => [one.id, `${at === 0 ? 'Published, ' : ''}${ago(one.changedAt)}, ${one.changedBy}${one.comment ? `: ${one.comment.slice(0, 40)}` : ''}`];
  const choices = () => [[NOW, 'Published'], ...(drafted.has(key) ? [['draft', 'Draft']] : []), ...history.filter((one) => !one.isArchived).map(version)];
  const title = (/** @type {string} */ revision) => choices().find(([id]) => id === revision)?.[1] ?? revision;

  function drawChoice() {
    const ways = [['', 'Nothing'], ['context', 'Another context'], ['version', key ? 'Another version' : 'Drafts']];
    const side = (/** @type {number} */ at, /** @type {string} */ label) => field(label, select(choices(), versions[at], (next) => { versions[at] = next; draw(); }));
    show(choice, field('Key', select([['', 'All flags and configs'], ...(keys.includes(key) || !key ? keys : [key, ...keys]).map((one) => [one, one])], key, (next) => { key = next; [versions[0], versions[1]] = ['', NOW]; begin(); })),
      field('Compare with', select(ways, against, (next) => { against = next; if (next !== 'context') typed[1] = ''; drawChoice(); drawSides(); draw(); })),
      against === 'version' && key && [side(0, 'Version'), side(1, 'Other version')],
      !key && against && h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: onlyUnequal, onchange: (event) => { onlyUnequal = event.target.checked; draw(); } }), 'Only differences'));
  }
  const drawSides = () => show(sides, entry(0), against === 'context' && entry(1));

  /** @type {(one: string, contextSets: Json, revision: string) => Promise<Answer>} */
  const ask = (one, contextSets, revision) => api.post(page.api('explain'), { key: one, environment: environment.id, contexts: contextSets, version: revision === NOW ? undefined : revision });
  /**
   * Evaluates a key, once or twice to compare.
   * @type {(one: string, contextSets: Json[]) => Promise<Answer>[]}
   */
  function questions(one, contextSets) {
    if (against === 'context') return contextSets.map((contexts) => ask(one, contexts, NOW));
    if (against !== 'version') return [ask(one, contextSets[0], NOW)];
    const pair = key ? versions : [NOW, drafted.has(one) ? 'draft' : NOW];
    return pair.map((revision) => ask(one, contextSets[0], revision));
  }
  const titles = () => (against === 'context' ? ['First context', 'Second context'] : against !== 'version' ? ['Result'] : key ? versions.map(title) : ['Published', 'Draft']);

  let sequence = 0;
  async function draw() {
    remember();
    const contextSets = (against === 'context' ? [0, 1] : [0]).map(parse);
    if (contextSets.includes(null)) return;
    sequence += 1;
    const own = sequence;
    const chosen = key ? [key] : keys.slice(0, MOST);
    if (!chosen.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'No flags or configs yet'), h('p', null, 'Create a flag or a config to test its rules here.')));
    try {
      const answers = await inBatches(chosen, (one) => Promise.all(questions(one, contextSets)));
      if (own !== sequence) return;
      show(body, key ? comparison(answers[0], titles()) : many(chosen, answers));
    } catch (error) {
      if (own === sequence) show(body, h('p', { class: 'wrong', role: 'alert' }, error.message));
    }
  }

  /** @type {(chosen: string[], answers: Answer[][]) => Child} */
  function many(chosen, answers) {
    const isTwo = answers[0].length > 1;
    const unequal = answers.filter(differ).length;
    const shown = chosen.map((_, at) => at).filter((at) => !isTwo || !onlyUnequal || differ(answers[at]));
    const link = (/** @type {string} */ one) => page.path('playground') + api.query({ key: one, environment: environment.id, against, ...(against === 'version' && { left: NOW, right: drafted.has(one) ? 'draft' : NOW }) });
    return [
      isTwo && h('p', { class: unequal ? 'banner' : 'banner info', role: 'status' }, unequal ? `${unequal} of ${chosen.length} values differ.` : 'All values are the same.'),
      keys.length > MOST && h('p', { class: 'hint' }, `Showing the first ${MOST} of ${keys.length} keys. Select a key above to test another.`),
      shown.length > 0 && resultsTable(shown.map((at) => chosen[at]), shown.map((at) => answers[at]), isTwo ? titles() : ['Value'], link)];
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 250);
  };
  page.onLeave(() => clearTimeout(timer));

  /** Selects another key and fetches its versions. */
  async function begin() {
    history = key ? await api.get(page.api('items', key, 'versions')) : [];
    versions[0] ||= drafted.has(key) ? NOW : history.find((one, at) => at > 0 && !one.isArchived)?.id ?? NOW;
    if (drafted.has(key) && versions[0] === NOW && versions[1] === NOW) versions[1] = 'draft';
    drawChoice();
    await draw();
  }

  show(main, h('div', null, h('h1', null, 'Playground'), h('p', { class: 'about' }, `Test which value a context gets in ${environment.name}, and why. Nothing is changed or counted.`)),
    choice, sides, h('div', { 'aria-live': 'polite' }, body));
  drawSides();
  page.listen((name, data) => {
    if (name === 'draft') drafted[data.savedBy ? 'add' : 'delete'](data.key);
    if (['change', 'draft', 'reconnected'].includes(name)) soon();
  });
  await begin();
}

/**
 * Evaluates keys in batches of eight requests.
 * @template T
 * @param {string[]} keys
 * @param {(key: string) => Promise<T>} ask
 */
async function inBatches(keys, ask) {
  /** @type {T[]} */
  const answers = [];
  for (let at = 0; at < keys.length; at += 8) answers.push(...await Promise.all(keys.slice(at, at + 8).map(ask)));
  return answers;
}
