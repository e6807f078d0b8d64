// Moving in and out: a file is looked at first, and taken only as a whole.

import * as api from '../api.js';
import { field, h, show, tell } from '../dom.js';
import * as items from '../items.js';
import { select } from '../parts/value.js';

/** @type {(main: HTMLElement, known: Known) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Import, export – Prefab';
  const plan = h('div', { class: 'stack', 'aria-live': 'polite' });
  let environment = '';
  let text = '';
  let format = 'json';
  /** @type {(dryRun: boolean, comment?: string) => string} */
  const path = (dryRun, comment) => known.api('import') + api.query({ dryRun, format, environment, comment });
  const file = h('input', { type: 'file', accept: '.json,.yaml,.yml,application/json', onchange: async () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    text = await chosen.text();
    format = /\.ya?ml$/.test(chosen.name) ? 'yaml' : 'json';
    await look();
  } });
  async function look() {
    if (!text) return;
    show(plan, 'Looking …');
    try {
      /** @type {Plan} */
      const told = await api.post(path(true), text);
      const comment = h('input', { name: 'comment' });
      show(plan, h('p', null, h('strong', null, `${told.created} new, ${told.changed} changed, ${told.same} the same.`)),
        told.problems.length > 0 && h('ul', { class: 'stack tight' }, told.problems.map((one) => h('li', { class: 'wrong' }, one))),
        h('ul', { class: 'stack tight' }, told.steps.slice(0, 500).map((step) => h('li', null, h('details', null, h('summary', null, h('span', { class: `chip ${step.action === 'create' ? 'on' : 'warn'}` }, step.action === 'create' ? 'new' : 'changed'), ' ', h('span', { class: 'code' }, step.key)), h('ul', { class: 'diff' }, step.differences.map((one) => h('li', null, one))))))),
        told.steps.length > 500 && h('p', { class: 'faint' }, `and ${told.steps.length - 500} more`),
        told.steps.length > 0 && !told.problems.length && known.may('publisher') && h('div', { class: 'row bottom' }, field('Comment', comment), h('button', { type: 'button', class: 'main', onclick: () => take(comment.value) }, 'Take all of it')));
    } catch (error) {
      show(plan, h('p', { class: 'wrong', role: 'alert' }, error.message));
    }
  }
  /** @param {string} comment */
  async function take(comment) {
    try {
      /** @type {Plan} */
      const done = await api.post(path(false, comment), text);
      await items.fetchAll(known.project.id);
      tell(`Imported: ${done.created} new, ${done.changed} changed.`);
      show(plan);
      text = '';
      file.value = '';
    } catch (error) {
      tell(error.message, 'bad');
    }
  }
  /**
   * @param {string} wanted an environment, or nothing for everything
   * @param {string} name of the file
   */
  async function save(wanted, name) {
    const told = await api.get(known.api('export') + api.query({ environment: wanted }));
    const link = h('a', { href: URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: 'application/json' })), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }
  show(main, h('div', null, h('h1', null, 'Import, export'), h('p', { class: 'about' }, 'Datafiles, exports of the hosted service, change histories and YAML files of defaults are all understood.')),
    h('section', { class: 'card' }, h('h2', null, 'Import'), h('p', { class: 'hint' }, 'Choosing a file changes nothing yet: first you see what would change.'), h('div', { class: 'row bottom' }, field('File', file),
      field('The file’s own rules are for', select([['', 'the environment it was made for'], ...known.project.environments.map((one) => [one.id, one.name])], '', (next) => { environment = next; look(); }))), plan),
    h('section', { class: 'card' }, h('h2', null, 'Export'), h('div', { class: 'row' }, h('button', { type: 'button', onclick: () => save('', 'prefab-export.json') }, 'Everything'),
      known.project.environments.map((one) => h('button', { type: 'button', onclick: () => save(one.id, `prefab.${one.name.toLowerCase()}.json`) }, `Datafile of ${one.name}`)))));
}
