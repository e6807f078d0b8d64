// Publishing: what will change is shown first, and afterwards who has it. Another person's change is told.

import * as api from '../api.js';
import { h, show, tell } from '../dom.js';
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
 * @param {PageContext} known
 * @param {Item} base
 * @param {Item} item
 * @returns {Promise<Published | null>}
 */
export async function publish(known, base, item) {
  const lines = edit.diff(base, item, known.project.environments);
  const ids = edit.touched(base, item);
  const affected = known.project.environments.filter((one) => ids.includes(one.id) || (ids.includes('default') && !edit.rulesOf(item, one.id)));
  const needsComment = affected.some((one) => one.needsComment);
  const guarded = affected.filter((one) => one.needsApproval).map((one) => one.name);
  if (guarded.length) {
    const about = h('div', { class: 'stack' }, diffView(lines), h('p', { class: 'banner' }, `A change in ${guarded.join(' and ')} takes the approval of a second person. It is kept as a draft until then.`));
    return confirm(`Propose this change of ${item.key}?`, about, 'Save the draft', async (comment) => {
      await api.put(known.api('items', item.key, 'draft'), { item, comment });
      return /** @type {const} */ ('draft');
    }, { needsComment });
  }
  const about = h('div', { class: 'stack' }, diffView(lines), affected.length > 0 && h('p', { class: 'small' }, 'Shows in ', h('strong', null, affected.map((one) => one.name).join(', ')), '.'));
  return confirm(`Publish this change of ${item.key}?`, about, 'Publish', async (/** @type {string} */ comment) => {
    try {
      return /** @type {Changed} */ (await api.put(known.api('items', item.key), { item, comment }));
    } catch (error) {
      if (error.code !== 'version_conflict') throw error;
      return 'conflict';
    }
  }, { needsComment });
}

/**
 * Tells what somebody else published meanwhile, and offers to put one's own changes on top.
 * @param {PageContext} known
 * @param {Item} base
 * @param {Item} mine
 * @returns {Promise<{base: PublishedItem, item: Item} | null>}
 */
export async function reconcile(known, base, mine) {
  /** @type {[PublishedItem, Version[]]} */
  const [theirs, versions] = await Promise.all([api.get(known.api('items', mine.key)), api.get(known.api('items', mine.key, 'versions'))]);
  const newest = versions[0];
  const { merged, clashes } = edit.merge(base, mine, theirs);
  const names = clashes.map((id) => (id === 'default' ? 'All environments' : known.project.environments.find((one) => one.id === id)?.name ?? id));
  return dialog('Somebody else changed this meanwhile', (close) => h('div', { class: 'stack' },
    h('p', null, h('strong', null, newest.changedBy), ` published another version${newest.comment ? `: “${newest.comment}”` : ''}. Nothing of yours is lost, and nothing of theirs.`),
    h('h3', null, 'Their change'), diffView(edit.diff(base, theirs, known.project.environments)),
    h('h3', null, 'Your change'), diffView(edit.diff(base, mine, known.project.environments)),
    names.length > 0 && h('p', { class: 'banner' }, `You both changed: ${names.join(', ')}. There, yours would replace theirs; look at it before publishing.`),
    h('div', { class: 'row' },
      h('button', { type: 'button', class: 'main', onclick: () => close({ base: theirs, item: { ...merged, id: theirs.id } }) }, 'Put mine on top of theirs'),
      h('button', { type: 'button', onclick: () => close({ base: theirs, item: edit.copy(theirs) }) }, 'Take theirs, drop mine'),
      h('button', { type: 'button', class: 'quiet', onclick: () => close(null) }, 'Later'))));
}

/**
 * Says who has a version by now, and goes on saying it while they get it.
 *
 * @param {PageContext} known
 * @param {string} version
 * @param {string} begins what is said before it
 * @param {string[]} [only] the environments that it is about; all of them without
 */
export function spread(known, version, begins, only) {
  const line = h('span', null);
  const draw = () => {
    const parts = known.project.environments.filter(({ id }) => !only || only.includes(id)).map((one) => {
      const told = events.clients.get(one.id);
      if (!told?.connected) return `${one.name}: no client connected`;
      const have = told.received.filter((each) => BigInt(each.version) >= BigInt(version)).reduce((sum, { clients }) => sum + clients, 0);
      return `${one.name}: ${have} of ${told.connected} connected clients have it`;
    });
    show(line, h('strong', null, begins), ' ', parts.join(' · '));
  };
  known.listen((name) => { if (name === 'clients') draw(); });
  draw();
  return line;
}

/**
 * Who has a version by now, alive, with the way back.
 * @param {PageContext} known
 * @param {Changed} changed
 * @param {string} before the version to go back to
 * @param {() => void} onUndone
 */
export function received(known, changed, before, onUndone) {
  const box = h('div', { class: 'banner info', role: 'status' }, spread(known, changed.id, 'Published.'), h('button', { type: 'button', onclick: async () => {
    await api.post(known.api('items', changed.key, 'revert'), { to: before, comment: 'undone' });
    tell('Undone: the version before is back.');
    box.remove();
    onUndone();
  } }, 'Undo'), h('button', { type: 'button', class: 'quiet', onclick: () => { box.remove(); } }, 'Close'));
  return box;
}
