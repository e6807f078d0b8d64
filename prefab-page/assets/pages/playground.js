// Evaluates one key with all steps, or all keys, for a context; compares two contexts or two versions.

import * as api from '../api.js';
import { field, h, show, update, withCode } from '../dom.js';
import * as items from '../items.js';
import { ago } from '../format.js';
import { comparison, isDifferent, resultsTable } from '../parts/explanation.js';
import { select } from '../parts/value.js';

const EXAMPLE_CONTEXT = '{\n  "user": {\n    "key": "u-1",\n    "email": "ann@acme.test",\n    "plan": "pro"\n  }\n}';
/** Rows that the table of all keys shows initially, and with each click on “Show more”. */
const MAX_KEYS = 50;
const PUBLISHED = 'published';
/** The contexts as typed, kept while the page is open. */
const typed = [EXAMPLE_CONTEXT, ''];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Playground – Prefab';
  const { environment, place } = page;
  /** @type {[string[], Contexts, Draft[]]} */
  const [keys, contexts, drafts] = await Promise.all([items.keysOf(page.project.id, 'feature_flag', 'config'),
    api.get(page.api('contexts') + api.query({ environment: environment.id })), api.get(page.api('drafts'))]);
  const keysWithDraft = new Set(drafts.map((draft) => draft.key));
  const given = place.query.get('context');
  if (given) typed[0] = formatted(given);
  let key = place.query.get('key') ?? '';
  let against = place.query.get('against') ?? (typed[1] ? 'context' : '');
  const versions = [place.query.get('left') ?? '', place.query.get('right') ?? PUBLISHED];
  /** @type {Version[]} */
  let history = [];
  let onlyUnequal = false;
  let rowLimit = MAX_KEYS;
  const body = h('div', { class: 'stack' });
  const [choice, sides] = [h('div', { class: 'row bottom' }), h('div', { class: 'grid' })];

  /** Keeps the selection in the address, so that it can be shared. */
  const remember = () => window.history.replaceState(null, '', page.path('playground') + api.query({ key, environment: environment.id, against,
    left: against === 'version' && key ? versions[0] : '', right: against === 'version' && key ? versions[1] : '' }));

  const labelOf = (/** @type {Example['contexts']} */ one) => one?.user?.email ?? one?.user?.key ?? JSON.stringify(one).slice(0, 60);
  const entry = (/** @type {number} */ at) => {
    typed[at] ||= EXAMPLE_CONTEXT;
    const text = h('textarea', { rows: 8, spellcheck: 'false', value: typed[at], oninput: (event) => { typed[at] = event.target.value; drawSoon(); } });
    const box = field(at ? 'Another context' : 'Context', text, { hint: 'Contexts by name, as JSON.' });
    const pick = contexts.examples.length > 0 && select([['', 'Pick a recent context…'], ...contexts.examples.map((one, index) => [String(index), labelOf(one.contexts)])], '', (index) => {
      if (index === '') return;
      typed[at] = text.value = JSON.stringify(contexts.examples[Number(index)].contexts, null, 2);
      drawSoon();
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
      show(wrong, withCode(error.message));
      return null;
    }
  }

  /**
   * Returns the option for a version.
   * @type {(one: Version, at: number) => string[]}
   */
  const version = (one, at) => [one.id, `${at === 0 ? 'Published, ' : ''}${ago(one.changedAt)}, ${one.changedBy}${one.comment ? `: ${one.comment.slice(0, 40)}` : ''}`];
  const choices = () => [[PUBLISHED, 'Published'], ...(keysWithDraft.has(key) ? [['draft', 'Draft']] : []), ...history.filter((one) => !one.isArchived).map(version)];
  const title = (/** @type {string} */ revision) => choices().find(([id]) => id === revision)?.[1] ?? revision;

  function drawChoice() {
    const ways = [['', 'Nothing'], ['context', 'Another context'], ['version', key ? 'Another version' : 'Drafts']];
    const side = (/** @type {number} */ at, /** @type {string} */ label) => field(label, select(choices(), versions[at], (next) => { versions[at] = next; draw(); }));
    show(choice, field('Key', select([['', 'All flags and configs'], ...(keys.includes(key) || !key ? keys : [key, ...keys]).map((one) => [one, one])], key, (next) => { key = next; [versions[0], versions[1]] = ['', PUBLISHED]; selectKey(); })),
      field('Compare with', select(ways, against, (next) => { against = next; if (next !== 'context') typed[1] = ''; drawChoice(); drawSides(); draw(); })),
      against === 'version' && key && [side(0, 'Version'), side(1, 'Other version')],
      !key && against && h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: onlyUnequal, onchange: (event) => { onlyUnequal = event.target.checked; draw(); } }), 'Only differences'));
  }
  const drawSides = () => show(sides, entry(0), against === 'context' && entry(1));

  /**
   * Replaces the ids of environments in the steps by their names.
   * @type {(result: Answer) => Answer}
   */
  const withNames = (result) => ({ ...result, steps: result.steps.map((step) => ({ ...step,
    text: step.text.replace(/environment (\d+)/g, (all, id) => page.project.environments.find((one) => one.id === id)?.name ?? all) })) });
  /** @type {(one: string, contextSets: Json, revision: string) => Promise<Answer>} */
  const explain = async (one, contextSets, revision) => withNames(await api.post(page.api('explain'), { key: one, environment: environment.id, contexts: contextSets, version: revision === PUBLISHED ? undefined : revision }));
  /**
   * Evaluates a key, once or twice to compare.
   * @type {(one: string, contextSets: Json[]) => Promise<Answer>[]}
   */
  function requestsFor(one, contextSets) {
    if (against === 'context') return contextSets.map((contexts) => explain(one, contexts, PUBLISHED));
    if (against !== 'version') return [explain(one, contextSets[0], PUBLISHED)];
    const pair = key ? versions : [PUBLISHED, keysWithDraft.has(one) ? 'draft' : PUBLISHED];
    return pair.map((revision) => explain(one, contextSets[0], revision));
  }
  const titles = () => (against === 'context' ? ['First context', 'Second context'] : against !== 'version' ? ['Result'] : key ? versions.map(title) : ['Published', 'Draft']);

  let sequence = 0;
  async function draw() {
    remember();
    const contextSets = (against === 'context' ? [0, 1] : [0]).map(parse);
    if (contextSets.includes(null)) return;
    sequence += 1;
    const own = sequence;
    const shownKeys = key ? [key] : keys.slice(0, rowLimit);
    if (!shownKeys.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'No flags or configs yet'), h('p', null, 'Create a flag or a config to test its rules here.')));
    try {
      const results = await inBatches(shownKeys, (one) => Promise.all(requestsFor(one, contextSets)));
      if (own !== sequence) return;
      update(body, key ? comparison(results[0], titles()) : resultsOfAll(shownKeys, results));
    } catch (error) {
      if (own === sequence) show(body, h('p', { class: 'wrong', role: 'alert' }, withCode(error.message)));
    }
  }

  /** @type {(chosen: string[], answers: Answer[][]) => Child} */
  function resultsOfAll(shownKeys, results) {
    const isTwo = results[0].length > 1;
    const differentCount = results.filter(isDifferent).length;
    const shown = shownKeys.map((_, at) => at).filter((at) => !isTwo || !onlyUnequal || isDifferent(results[at]));
    const link = (/** @type {string} */ one) => page.path('playground') + api.query({ key: one, environment: environment.id, against, ...(against === 'version' && { left: PUBLISHED, right: keysWithDraft.has(one) ? 'draft' : PUBLISHED }) });
    return [
      isTwo && h('p', { class: differentCount ? 'banner' : 'banner info', role: 'status' }, differentCount ? `${differentCount} of ${shownKeys.length} values differ.` : 'All values are the same.'),
      keys.length > rowLimit && h('p', { class: 'row' }, h('span', { class: 'faint small' }, `Showing ${rowLimit} of ${keys.length} keys.`),
        h('button', { type: 'button', onclick: () => { rowLimit += MAX_KEYS; draw(); } }, 'Show more')),
      shown.length > 0 && resultsTable(shown.map((at) => shownKeys[at]), shown.map((at) => results[at]), isTwo ? titles() : ['Value'], link)];
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const drawSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 250);
  };
  page.onLeave(() => clearTimeout(timer));

  /** Selects another key and fetches its versions. */
  async function selectKey() {
    history = key ? await api.get(page.api('items', key, 'versions')) : [];
    versions[0] ||= keysWithDraft.has(key) ? PUBLISHED : history.find((one, at) => at > 0 && !one.isArchived)?.id ?? PUBLISHED;
    if (keysWithDraft.has(key) && versions[0] === PUBLISHED && versions[1] === PUBLISHED) versions[1] = 'draft';
    drawChoice();
    await draw();
  }

  show(main, h('div', null, h('h1', null, 'Playground'), h('p', { class: 'about' }, `Test which value a context gets in ${environment.name}, and why. Nothing is changed or counted.`)),
    choice, sides, h('div', { 'aria-live': 'polite' }, body));
  drawSides();
  page.listen((name, data) => {
    if (name === 'draft') keysWithDraft[data.savedBy ? 'add' : 'delete'](data.key);
    if (['change', 'draft', 'reconnected'].includes(name)) drawSoon();
  });
  await selectKey();
}

/**
 * Evaluates keys in batches of eight requests.
 * @template T
 * @param {string[]} keys
 * @param {(key: string) => Promise<T>} explain
 */
async function inBatches(keys, explain) {
  /** @type {T[]} */
  const results = [];
  for (let at = 0; at < keys.length; at += 8) results.push(...await Promise.all(keys.slice(at, at + 8).map(explain)));
  return results;
}

/**
 * Formats the context of an address; text that is not JSON is unchanged.
 * @type {(text: string) => string}
 */
function formatted(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
