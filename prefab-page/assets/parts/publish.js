// Publishing: a preview of the changes, the progress among clients, and conflicts with changes of other people.

import * as api from '../api.js';
import { h, notify, update } from '../dom.js';
import * as edit from '../edit.js';
import * as events from '../events.js';
import { lineDiff } from '../line-diff.js';
import { confirm, dialog } from './dialog.js';

/**
 * Returns differences with a sign, grouped by section.
 * @type {(lines: Line[]) => HTMLElement}
 */
export function diffView(lines) {
  /** @type {Map<string, Line[]>} */
  const groups = new Map();
  for (const line of lines) groups.set(line.section, [...(groups.get(line.section) ?? []), line]);
  return h('div', { class: 'stack tight' }, [...groups].map(([name, own]) => h('section', { class: 'stack tight' }, h('h3', null, name),
    h('ul', { class: 'diff' }, own.map((line) => h('li', { class: COLORS.get(line.sign) ?? '' },
      h('span', { class: 'sign' }, line.sign, h('span', { class: 'visually-hidden' }, line.sign === '−' ? ' removed: ' : ' added: ')), line.json && line.text.length > LONG ? `${line.text.slice(0, LONG)}…` : line.text)), jsonDiff(own)))));
}

/** Longer texts of rules that serve JSON are cut; the changed lines follow. */
const LONG = 100;
const COLORS = new Map([['−', 'less'], ['+', 'more']]);

/**
 * Returns the changed lines of a JSON value, if one rule that serves JSON replaces another.
 * @type {(lines: Line[]) => Child}
 */
function jsonDiff(lines) {
  const [before, after] = ['−', '+'].map((sign) => lines.filter((line) => line.sign === sign && line.json));
  if (before.length !== 1 || after.length !== 1) return null;
  const changed = lineDiff(before[0].json ?? '', after[0].json ?? '');
  return h('li', { class: 'lines', tabindex: 0, 'aria-label': 'Changed lines' }, changed.map(({ sign, text }) => h('span', { class: COLORS.get(sign) ?? '' }, `${sign} ${text}`)));
}

/**
 * Returns the environments whose values a change can affect.
 * @type {(page: PageContext, base: Item, item: Item) => Environment[]}
 */
export function affectedEnvironments(page, base, item) {
  const ids = edit.changedSections(base, item);
  return page.project.environments.filter((one) => ids.includes(one.id) || (ids.includes('default') && !edit.rulesOf(item, one.id)));
}

/** @typedef {Changed | 'draft' | 'conflict'} Published a new version, a draft, or neither because there is a newer version */

/**
 * Shows what would change, asks for a comment, and publishes. If an environment requires approval, it saves a draft.
 * Resolves with the result, or with nothing if the user cancels.
 *
 * @param {PageContext} page
 * @param {Item} base
 * @param {Item} item
 * @param {{title?: string, button?: string, about?: Child, act?: (comment: string) => Promise<Changed>}} [how] what to
 *   do instead of publishing `item`, with the same result
 * @returns {Promise<Published | null>}
 */
export async function publish(page, base, item, { title = `Publish ${item.key}?`, button = 'Publish', about, act } = {}) {
  const lines = edit.diff(base, item, page.project.environments);
  const affected = affectedEnvironments(page, base, item);
  const needsComment = affected.some((one) => one.needsComment);
  const guarded = affected.filter((one) => one.needsApproval).map((one) => one.name);
  if (guarded.length) {
    const text = h('div', { class: 'stack' }, diffView(lines), h('p', { class: 'banner' },
      `Changes in ${guarded.join(' and ')} require approval. This change is saved as a draft until another person approves it.`));
    return confirm(`Request approval for ${item.key}?`, text, 'Save draft', async (comment) => {
      await api.put(page.api('items', item.key, 'draft'), { item, comment });
      return /** @type {const} */ ('draft');
    }, { needsComment });
  }
  const names = affected.map((one) => one.name).join(', ');
  const text = h('div', { class: 'stack' }, about, diffView(lines), names && h('p', { class: 'small' }, 'Affects ', h('strong', null, names), '.'));
  return confirm(title, text, button, async (/** @type {string} */ comment) => {
    try {
      return act ? await act(comment) : /** @type {Changed} */ (await api.put(page.api('items', item.key), { item, comment }));
    } catch (error) {
      if (error.code !== 'version_conflict') throw error;
      return 'conflict';
    }
  }, { needsComment });
}

/**
 * Shows a concurrent change of another person and offers to combine both.
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
 * Shows how many connected clients have a version, and updates the numbers while they receive it.
 *
 * @param {PageContext} page
 * @param {string} version
 * @param {string} title
 * @param {string[]} [only] the environments to show; all by default
 */
export function rolloutProgress(page, version, title, only) {
  const line = h('span', { title: 'Progress of the clients that are connected to this server' });
  const draw = () => {
    const parts = page.project.environments.filter(({ id }) => !only || only.includes(id)).map((one) => {
      const clients = events.clients.get(one.id);
      if (!clients?.connected) return `${one.name}: no clients connected`;
      const updated = clients.received.filter((each) => BigInt(each.version) >= BigInt(version)).reduce((sum, each) => sum + each.clients, 0);
      const elsewhere = clients.elsewhere ?? 0;
      const progress = `${one.name}: ${updated} of ${clients.connected - elsewhere} clients updated`;
      return elsewhere ? `${progress}, ${elsewhere} on other servers` : progress;
    });
    update(line, h('strong', null, title), ' ', parts.join(' · '));
  };
  page.listen((name) => { if (name === 'clients') draw(); });
  draw();
  return line;
}

/**
 * Shows that a version was published and how many clients have it, with a button to undo.
 * @param {PageContext} page
 * @param {Changed} changed
 * @param {{before: string, only: string[], onUndone: () => void, onDraft: () => void}} how
 */
export function publishedBanner(page, changed, { before, only, onUndone, onDraft }) {
  const undo = async () => {
    const path = page.api('items', changed.key);
    /** @type {[Item, Version & {item: Item}]} */
    const [now, previous] = await Promise.all([api.get(path), api.get(page.api('items', changed.key, 'versions', before))]);
    const item = { ...previous.item, id: now.id };
    if (affectedEnvironments(page, now, item).some((one) => one.needsApproval)) {
      if ((await publish(page, now, item)) !== 'draft') return;
      box.remove();
      onDraft();
      return;
    }
    await api.post(page.api('items', changed.key, 'revert'), { to: before, comment: 'Undo' });
    notify('Undone. The previous version is restored.');
    box.remove();
    onUndone();
  };
  const box = h('div', { class: 'banner info', role: 'status' }, rolloutProgress(page, changed.id, 'Published.', only),
    h('button', { type: 'button', onclick: undo }, 'Undo'),
    h('button', { type: 'button', class: 'quiet', onclick: () => { box.remove(); } }, 'Close'));
  return box;
}
