// Publishing: what will change is shown first, and afterwards who has it. Another person's change is response.

import * as api from '../api.js';
import { h, show, notify } from '../dom.js';
import * as edit from '../edit.js';
import * as events from '../events.js';
import { confirm, dialog } from './dialog.js';

/**
 * Differences with a sign, grouped by where they are.
 * @type {(lines: Line[]) => HTMLElement}
 */
export function diffView(lines) {
  /** @type {Map<string, Line[]>} */
  const groups = new Map();
  for (const line of lines) groups.set(line.section, [...(groups.get(line.section) ?? []), line]);
  return h('div', { class: 'stack tight' }, [...groups].map(([name, own]) => h('section', { class: 'stack tight' }, h('h3', null, name),
    h('ul', { class: 'diff' }, own.map((line) => h('li', { class: line.sign === '−' ? 'less' : line.sign === '+' ? 'more' : '' },
      h('span', { class: 'sign' }, line.sign, h('span', { class: 'unseen' }, line.sign === '−' ? ' removed: ' : ' added: ')), line.text))))));
}

/** @typedef {Changed | 'draft' | 'conflict'} Published a new version, a draft, or nothing since there is a newer one */

/**
 * Shows what would change, asks for a comment, and publishes. Resolves with the new version, or nothing.
 * @param {PageContext} page
 * @param {Item} base
 * @param {Item} item
 * @returns {Promise<Published | null>}
 */
export async function publish(page, base, item) {
  const lines = edit.diff(base, item, page.project.environments);
  const ids = edit.changedSections(base, item);
  const affected = page.project.environments.filter((one) => ids.includes(one.id) || (ids.includes('default') && !edit.rulesOf(item, one.id)));
  const needsComment = affected.some((one) => one.needsComment);
  const guarded = affected.filter((one) => one.needsApproval).map((one) => one.name);
  if (guarded.length) {
    const about = h('div', { class: 'stack' }, diffView(lines), h('p', { class: 'banner' }, `Changes in ${guarded.join(' and ')} require approval. This change is saved as a draft until another person approves it.`));
    return confirm(`Request approval for ${item.key}?`, about, 'Save draft', async (comment) => {
      await api.put(page.api('items', item.key, 'draft'), { item, comment });
      return /** @type {const} */ ('draft');
    }, { needsComment });
  }
  const about = h('div', { class: 'stack' }, diffView(lines), affected.length > 0 && h('p', { class: 'small' }, 'Affects ', h('strong', null, affected.map((one) => one.name).join(', ')), '.'));
  return confirm(`Publish ${item.key}?`, about, 'Publish', async (/** @type {string} */ comment) => {
    try {
      return /** @type {Changed} */ (await api.put(page.api('items', item.key), { item, comment }));
    } catch (error) {
      if (error.code !== 'version_conflict') throw error;
      return 'conflict';
    }
  }, { needsComment });
}

/**
 * Tells what somebody else published meanwhile, and offers to put one's own changes on top.
 * @param {PageContext} page
 * @param {Item} base
 * @param {Item} mine
 * @returns {Promise<{base: PublishedItem, item: Item} | null>}
 */
export async function reconcile(page, base, mine) {
  /** @type {[PublishedItem, Version[]]} */
  const [theirs, versions] = await Promise.all([api.get(page.api('items', mine.key)), api.get(page.api('items', mine.key, 'versions'))]);
  const newest = versions[0];
  const { merged, clashes } = edit.merge(base, mine, theirs);
  const names = clashes.map((id) => (id === 'default' ? 'Default' : page.project.environments.find((one) => one.id === id)?.name ?? id));
  return dialog('This was changed while you were editing', (close) => h('div', { class: 'stack' },
    h('p', null, h('strong', null, newest.changedBy), ` published another version${newest.comment ? `: “${newest.comment}”` : ''}. You can combine both changes.`),
    h('h3', null, 'Their change'), diffView(edit.diff(base, theirs, page.project.environments)),
    h('h3', null, 'Your change'), diffView(edit.diff(base, mine, page.project.environments)),
    names.length > 0 && h('p', { class: 'banner' }, `Both of you changed ${names.join(', ')}. Your change replaces theirs there. Review it before you publish.`),
    h('div', { class: 'row' },
      h('button', { type: 'button', class: 'main', onclick: () => close({ base: theirs, item: { ...merged, id: theirs.id } }) }, 'Keep both, mine wins'),
      h('button', { type: 'button', onclick: () => close({ base: theirs, item: edit.clone(theirs) }) }, 'Discard mine'),
      h('button', { type: 'button', class: 'quiet', onclick: () => close(null) }, 'Decide later'))));
}

/**
 * Says who has a version by now, and goes on saying it while they get it.
 *
 * @param {PageContext} page
 * @param {string} version
 * @param {string} begins what is said before it
 * @param {string[]} [only] the environments that it is about; all of them without
 */
export function rolloutProgress(page, version, begins, only) {
  const line = h('span', null);
  const draw = () => {
    const parts = page.project.environments.filter(({ id }) => !only || only.includes(id)).map((one) => {
      const response = events.clients.get(one.id);
      if (!response?.connected) return `${one.name}: no clients connected`;
      const have = response.received.filter((each) => BigInt(each.version) >= BigInt(version)).reduce((sum, { clients }) => sum + clients, 0);
      return `${one.name}: ${have} of ${response.connected} clients updated`;
    });
    show(line, h('strong', null, begins), ' ', parts.join(' · '));
  };
  page.listen((name) => { if (name === 'clients') draw(); });
  draw();
  return line;
}

/**
 * Who has a version by now, alive, with the way back.
 * @param {PageContext} page
 * @param {Changed} changed
 * @param {string} before the version to go back to
 * @param {() => void} onUndone
 */
export function publishedBanner(page, changed, before, onUndone) {
  const box = h('div', { class: 'banner info', role: 'status' }, rolloutProgress(page, changed.id, 'Published.'), h('button', { type: 'button', onclick: async () => {
    await api.post(page.api('items', changed.key, 'revert'), { to: before, comment: 'Undo' });
    notify('Undone. The previous version is restored.');
    box.remove();
    onUndone();
  } }, 'Undo'), h('button', { type: 'button', class: 'quiet', onclick: () => { box.remove(); } }, 'Close'));
  return box;
}
