// The questions and requests behind the actions of the list. They load when they are used.

import * as api from '../api.js';
import { field, h, notify } from '../dom.js';
import * as edit from '../edit.js';
import * as items from '../items.js';
import { confirm } from './dialog.js';
import { forEachKey } from './for-each-key.js';
import { affectedEnvironments, publish } from './publish.js';
import { forEveryone } from './rules-switch.js';
import { listInput, select } from './value.js';

/**
 * Turns an item on or off for everyone in the chosen environment. Rules stay below the new rule.
 * @type {(item: Item, environment: string, value: boolean) => void}
 */
function turn(item, environment, value) {
  const rules = edit.clone(edit.rulesOf(item, environment) ?? item.default.rules);
  edit.setRules(item, environment, forEveryone(rules, value));
}

/** @type {(page: PageContext, key: string, value: boolean) => Promise<void>} */
export async function publishTurn(page, key, value) {
  /** @type {PublishedItem} */
  const base = await api.get(page.api('items', key));
  const next = edit.clone(base);
  turn(next, page.environment.id, value);
  const done = await publish(page, base, next, { title: `Turn ${value ? 'on' : 'off'} ${key} in ${page.environment.name}?`, button: value ? 'Turn on' : 'Turn off' });
  if (!done) return;
  await items.refresh(page.project.id, key);
  if (done === 'conflict') notify(`${key} was changed at the same time. Try again.`, 'bad');
  else if (done === 'draft') notify('Draft saved. It is waiting for approval.');
  else notify(`Turned ${value ? 'on' : 'off'} ${key} in ${page.environment.name}.`);
}

/**
 * Changes every selected item after a question, or saves drafts where approval is required.
 * @param {PageContext} page
 * @param {Set<string>} selected keys leave it as they are done
 * @param {{title: string, button: string, about?: Child, change: (item: Item) => void, done: string}} how
 */
async function changeAll(page, selected, { title, button, about, change, done }) {
  const { environments } = page.project;
  let drafts = 0;
  const count = selected.size;
  const act = async (/** @type {string} */ key, /** @type {string} */ comment) => {
    /** @type {PublishedItem} */
    const base = await api.get(page.api('items', key));
    const next = edit.clone(base);
    change(next);
    if (edit.isSame(base, next)) return;
    if (affectedEnvironments(page, base, next).some((one) => one.needsApproval)) {
      await api.put(page.api('items', key, 'draft'), { item: next, comment });
      drafts += 1;
    } else {
      await api.put(page.api('items', key), { item: next, comment });
      items.refresh(page.project.id, key);
    }
  };
  const isDone = await confirm(title, about ?? null, button, (comment) => forEachKey(selected, (key) => act(key, comment)), { needsComment: environments.some((one) => one.needsComment) });
  if (isDone) notify(drafts ? `Saved ${drafts} ${drafts === 1 ? 'draft' : 'drafts'}, waiting for approval.` : `${done} ${count} ${count === 1 ? 'item' : 'items'}.`);
  return Boolean(isDone);
}

/**
 * Returns what can be done with the selected items.
 * @type {(page: PageContext, selected: Set<string>, how: {tags: () => string[], onDone: () => void}) => {turnAll: (value: boolean) => Promise<void>, tagAll: () => Promise<void>, copyAll: () => Promise<void>}}
 */
export function bulkChanges(page, selected, { tags, onDone }) {
  const { environment, project } = page;
  const names = () => (selected.size === 1 ? [...selected][0] : `${selected.size} items`);
  const run = async (/** @type {Parameters<typeof changeAll>[2]} */ how) => { if (await changeAll(page, selected, how)) onDone(); };
  const turnAll = (/** @type {boolean} */ value) => run({
    title: `Turn ${value ? 'on' : 'off'} ${names()} in ${environment.name}?`, button: value ? 'Turn on' : 'Turn off', done: `Turned ${value ? 'on' : 'off'}`,
    about: h('p', null, `Everyone in ${environment.name} gets ${value}. Rules stay below and apply again after you remove this.`),
    change: (item) => { if (item.valueType === 'bool') turn(item, environment.id, value); },
  });
  const tagAll = () => {
    /** @type {string[]} */
    let added = [];
    const list = h('datalist', { id: 'bulk-tags' }, tags().map((tag) => h('option', { value: tag })));
    const about = h('div', null, field('Tags to add', listInput([], (next) => { added = next; }, false, { list: 'bulk-tags', maxlength: 40, split: /[\n,]/ }), { hint: 'Press Enter after each tag.' }), list);
    return run({ title: `Tag ${names()}?`, button: 'Add tags', about, done: 'Tagged', change: (item) => { item.tags = [...new Set([...(item.tags ?? []), ...added])]; } });
  };
  const copyAll = () => {
    const targets = project.environments.filter((one) => one.id !== environment.id);
    let target = targets[0].id;
    const about = h('div', { class: 'stack' }, h('p', null, `The rules of ${environment.name} replace the rules of the other environment.`),
      field('Copy to', select(targets.map((one) => [one.id, one.name]), target, (next) => { target = next; })));
    return run({ title: `Copy ${names()} from ${environment.name}?`, button: 'Copy', about, done: 'Copied', change: (item) => edit.setRules(item, target, edit.clone(edit.rulesOf(item, environment.id))) });
  };
  return { turnAll, tagAll, copyAll };
}
