// Import, with a preview of all changes, and export.

import * as api from '../api.js';
import { field, h, show, withCode } from '../dom.js';
import * as items from '../items.js';
import { bytes } from '../format.js';
import { select } from '../parts/value.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Import & export – Prefab';
  const plan = h('div', { class: 'stack', 'aria-live': 'polite' });
  let environment = '';
  let text = '';
  let format = 'json';
  let skipBroken = false;
  /** @type {(dryRun: boolean, comment?: string) => string} */
  const path = (dryRun, comment) => page.api('import') + api.query({ dryRun, format, environment, skipBroken: skipBroken || undefined, comment });
  const file = h('input', { type: 'file', accept: '.json,.yaml,.yml,application/json', onchange: async () => {
    const [selected] = file.files ?? [];
    if (!selected) return;
    showProgress(`Reading ${selected.name}, ${bytes(selected.size)}…`);
    text = await selected.text();
    format = /\.ya?ml$/.test(selected.name) ? 'yaml' : 'json';
    skipBroken = false;
    await preview();
  } });
  const showProgress = (/** @type {string} */ text) => show(plan, h('p', { class: 'faint' }, text));

  async function preview() {
    if (!text) return;
    showProgress('Comparing with the current state…');
    try {
      draw(await api.post(path(true), text));
    } catch (error) {
      show(plan, h('p', { class: 'wrong', role: 'alert' }, withCode(error.message)));
    }
  }

  /** @param {Plan} response */
  function draw(response) {
    const needsComment = page.project.environments.some((one) => one.needsComment);
    const comment = h('input', { name: 'comment', required: needsComment });
    const isBlocked = response.problems.length > 0 && !skipBroken;
    const step = (/** @type {Plan['steps'][number]} */ one) => h('li', null, h('details', null, h('summary', null, h('span', { class: `chip ${one.action === 'create' ? 'on' : 'warn'}` }, one.action === 'create' ? 'new' : 'changed'), ' ', h('span', { class: 'code' }, one.key)), h('ul', { class: 'diff' }, one.differences.map((text) => h('li', null, text)))));
    show(plan, h('p', null, h('strong', null, `${response.created} new, ${response.changed} changed, ${response.same} unchanged.`)),
      response.problems.length > 0 && h('section', { class: 'stack tight' }, h('h3', null, `${response.problems.length} invalid ${response.problems.length === 1 ? 'entry' : 'entries'}`), h('ul', { class: 'stack tight' }, response.problems.map((one) => h('li', { class: 'wrong' }, withCode(one)))),
        page.may('publisher') && h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: skipBroken, 'data-focus': 'skip', onchange: (event) => { skipBroken = event.target.checked; draw(response); } }), 'Skip invalid entries')),
      response.steps.length > 0 && !isBlocked && page.may('publisher') && h('form', { class: 'row bottom', onsubmit: (event) => { event.preventDefault(); importFile(response, comment.value); } }, field(needsComment ? 'Comment' : 'Comment (optional)', comment),
        h('button', { type: 'submit', class: 'main' }, `Import ${response.steps.length} ${response.steps.length === 1 ? 'key' : 'keys'}`)),
      h('ul', { class: 'stack tight' }, response.steps.slice(0, 500).map(step)),
      response.steps.length > 500 && h('p', { class: 'faint' }, `and ${response.steps.length - 500} more`));
  }

  /** @type {(response: Plan, comment: string) => Promise<void>} */
  async function importFile(response, comment) {
    showProgress(`Importing ${response.steps.length} keys…`);
    try {
      /** @type {Plan} */
      const done = await api.post(path(false, comment), text);
      await items.fetchAll(page.project.id);
      show(plan, h('p', { class: 'banner info', role: 'status' }, `Imported: ${done.created} new, ${done.changed} changed${done.problems.length ? `, ${done.problems.length} skipped` : ''}.`));
      text = '';
      file.value = '';
    } catch (error) {
      draw(response);
      plan.prepend(h('p', { class: 'wrong', role: 'alert' }, withCode(error.message)));
    }
  }
  /**
   * @param {string} environmentId an environment; empty for everything
   * @param {string} name of the file
   */
  async function save(environmentId, name) {
    const response = await api.get(page.api('export') + api.query({ environment: environmentId }));
    const link = h('a', { href: URL.createObjectURL(new Blob([JSON.stringify(response, null, 2)], { type: 'application/json' })), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }
  show(main, h('div', null, h('h1', null, 'Import & export'), h('p', { class: 'about' }, 'Supported formats: datafiles, exports of the hosted service, change histories, and YAML files with defaults.')),
    page.may('publisher') && h('section', { class: 'card' }, h('h2', null, 'Import'), h('p', { class: 'hint' }, 'You see all changes before anything is imported.'), h('div', { class: 'row bottom' }, field('File', file),
      field('Apply environment rules to', select([['', 'As in the file'], ...page.project.environments.map((one) => [one.id, one.name])], '', (next) => { environment = next; preview(); }))), plan),
    h('section', { class: 'card' }, h('h2', null, 'Export'), h('p', { class: 'hint' }, 'Confidential values are redacted. “prefab export --reveal” writes them in clear.'), h('div', { class: 'row' }, h('button', { type: 'button', onclick: () => save('', 'prefab-export.json') }, 'Everything'),
      page.project.environments.map((one) => h('button', { type: 'button', onclick: () => save(one.id, `prefab.${one.name.toLowerCase()}.json`) }, `Datafile of ${one.name}`)))));
}
