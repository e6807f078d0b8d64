// Environments: names, protection, comparison of two, and copying rules between them.

import * as api from '../api.js';
import { field, h, notify, show, table, withCode } from '../dom.js';
import * as edit from '../edit.js';
import { inWords, TYPES } from '../format.js';
import { environmentName } from '../environments.js';
import * as items from '../items.js';
import { confirm, dialog } from '../parts/dialog.js';
import { diffView } from '../parts/publish.js';
import { select } from '../parts/value.js';

/** @typedef {{key: string, left: string[] | null, right: string[] | null}} Comparison rules as sentences; nothing for default rules */

/**
 * Returns what copying the left rules of a key to the right removes and adds.
 * @type {(one: Comparison) => Line[]}
 */
function copiedLines({ key, left, right }) {
  const lines = (/** @type {string[] | null} */ texts, /** @type {string} */ sign) => (texts ?? ['uses the default rules']).map((text) => ({ section: key, sign, text: inWords(text) }));
  return [...lines(right, '−'), ...lines(left, '+')];
}

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Environments – Prefab';
  const { project } = page;
  const [list, compared] = [h('div', { class: 'grid' }), h('div', { class: 'stack' })];
  let environments = project.environments;
  let [left, right] = [environments.at(-2)?.id ?? '', environments.at(-1)?.id ?? ''];

  /** At most this many cards are drawn; the filter finds the others. */
  const MAX_CARDS = 24;
  const search = h('input', { type: 'search', placeholder: 'Filter environments', 'aria-label': 'Filter environments', oninput: () => drawList() });
  const hidden = h('p', { class: 'faint', role: 'status' });

  function drawList() {
    const found = environments.filter((one) => one.name.toLowerCase().includes(search.value.trim().toLowerCase()));
    search.hidden = environments.length <= MAX_CARDS;
    show(hidden, found.length > MAX_CARDS ? `Showing ${MAX_CARDS} of ${found.length} environments.` : '');
    show(list, found.slice(0, MAX_CARDS).map((one) => {
      /** @type {(name: 'needsComment' | 'needsApproval', text: string) => HTMLElement} */
      const check = (name, text) => h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: one[name], disabled: !page.isAdmin, onchange: (event) => setProtection(one, { [name]: event.target.checked }, event.target) }), text);
      return h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, environmentName(one, project)), page.isAdmin && h('button', { type: 'button', class: 'quiet', 'aria-label': `Rename ${one.name}`, onclick: () => rename(one) }, 'Rename')),
        check('needsComment', 'Require a comment'), check('needsApproval', 'Require approval'));
    }));
  }
  /** @type {(one: Environment, form: Partial<Environment>, input: HTMLInputElement) => Promise<void>} */
  async function setProtection(one, form, input) {
    try {
      Object.assign(one, await api.patch(page.api('environments', one.id), form));
      notify(`Protection of ${one.name} updated.`);
    } catch (error) {
      input.checked = !input.checked;
      notify(error.message, 'bad');
    }
  }
  /** @type {(title: string, value: string, button: string, act: (name: string) => Promise<Environment>) => Promise<Environment | null>} */
  const nameDialog = (title, value, button, act) => dialog(title, (close) => {
    const name = h('input', { value, required: true, maxlength: 100, name: 'name' });
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    return h('form', { class: 'stack', onsubmit: async (event) => {
      event.preventDefault();
      try { close(await act(name.value.trim())); } catch (error) { show(wrong, withCode(error.message)); }
    } }, field('Name', name), wrong, h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, button), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
  });
  /** @param {Environment} one */
  async function rename(one) {
    const done = await nameDialog(`Rename ${one.name}`, one.name, 'Rename', (name) => api.patch(page.api('environments', one.id), { name }));
    if (done) Object.assign(one, done);
    drawList();
  }
  async function add() {
    const created = await nameDialog('New environment', '', 'Create environment', (name) => api.post(page.api('environments'), { name }));
    if (!created) return;
    environments = [...environments, { ...created, role: project.role }];
    drawList();
    drawCompare();
    notify(`${created.name} created. Create a key for it on the API keys page.`);
  }

  const nameOf = (/** @type {string} */ id) => environments.find((one) => one.id === id)?.name ?? id;
  const choices = () => environments.map((one) => [one.id, one.name]);
  const pickers = h('div', { class: 'row bottom' });
  function drawCompare() {
    show(pickers, field('Left', select(choices(), left, (next) => { left = next; compare(); })), field('Right', select(choices(), right, (next) => { right = next; compare(); })));
    compare();
  }
  /** Rows of the comparison; more are shown on request. */
  let limit = 50;
  let sequence = 0;
  async function compare() {
    sequence += 1;
    const mine = sequence;
    if (left === right) return show(compared, h('p', { class: 'faint' }, 'Select two different environments.'));
    /** @type {[Comparison[], unknown]} */
    const [differences] = await Promise.all([api.get(page.api('compare') + api.query({ left, right })), items.cached(project.id) ? null : items.fetchAll(project.id)]);
    if (mine !== sequence) return;
    if (!differences.length) return show(compared, h('p', { class: 'banner info' }, `${nameOf(left)} and ${nameOf(right)} have the same values for every key.`));
    const shown = differences.slice(0, limit);
    const boxes = new Map(differences.map((one) => [one.key, h('input', { type: 'checkbox', 'aria-label': `Copy ${one.key}` })]));
    const rules = (/** @type {string[] | null} */ texts) => (texts ? h('ul', { class: 'sentences' }, texts.map((text) => h('li', null, withCode(inWords(text))))) : h('span', { class: 'faint' }, 'uses the default rules'));
    show(compared, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, page.may('publisher', right) && h('th', { scope: 'col' }, 'Copy'), h('th', { scope: 'col' }, 'Key'), h('th', { scope: 'col' }, nameOf(left)), h('th', { scope: 'col' }, nameOf(right)))),
      h('tbody', null, shown.map((one) => h('tr', null, page.may('publisher', right) && h('td', null, boxes.get(one.key)),
        h('td', null, h('a', { class: 'code', href: page.path(TYPES[items.cached(project.id)?.get(one.key)?.type ?? 'config'][0], one.key) }, one.key)), h('td', null, rules(one.left)), h('td', null, rules(one.right))))))),
    differences.length > shown.length && h('p', { class: 'row' }, h('span', { class: 'faint' }, `Showing ${shown.length} of ${differences.length} keys.`), h('button', { type: 'button', onclick: () => { limit = Infinity; compare(); } }, 'Show all')),
    page.may('publisher', right) && h('div', null, h('button', { type: 'button', onclick: () => copy(shown.filter((one) => boxes.get(one.key)?.checked)) }, `Copy selected keys to ${nameOf(right)}`)));
  }
  /**
   * Copies rules, or saves a draft for each key if the environment requires approval.
   * @type {(chosen: Comparison[]) => Promise<void>}
   */
  async function copy(chosen) {
    if (!chosen.length) return notify('Select at least one key to copy.');
    const to = environments.find((one) => one.id === right);
    if (!to) return;
    const keys = chosen.map((one) => one.key);
    const count = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`;
    const about = h('div', { class: 'stack' }, diffView(chosen.flatMap(copiedLines)),
      to.needsApproval && h('p', { class: 'banner' }, `Changes in ${to.name} require approval. A draft is saved for each key.`));
    const act = to.needsApproval ? (/** @type {string} */ comment) => Promise.all(keys.map((key) => saveCopyAsDraft(key, comment)))
      : (/** @type {string} */ comment) => api.post(page.api('environments', right, 'copy'), { from: left, keys, dryRun: false, comment });
    const done = await confirm(`Copy ${count} from ${nameOf(left)} to ${to.name}?`, about, to.needsApproval ? 'Save drafts' : 'Copy', act, { needsComment: to.needsComment });
    if (!done) return;
    notify(to.needsApproval ? `Saved ${keys.length} ${keys.length === 1 ? 'draft' : 'drafts'}, waiting for approval.` : `Copied to ${to.name}.`);
    compare();
  }

  /** @type {(key: string, comment: string) => Promise<unknown>} */
  async function saveCopyAsDraft(key, comment) {
    /** @type {Item} */
    const item = await api.get(page.api('items', key));
    edit.setRules(item, right, edit.rulesOf(item, left));
    return api.put(page.api('items', key, 'draft'), { item, comment });
  }

  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Environments'), h('p', { class: 'about' }, 'Each environment has its own API keys and clients, and can override the default rules.')),
    page.isAdmin && h('button', { type: 'button', class: 'main', onclick: add }, 'New environment')), search, list, hidden, h('h2', null, 'Compare environments'), pickers, compared);
  drawList();
  drawCompare();
}
