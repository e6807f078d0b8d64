// The history of an item: every version, its changes, and a button to restore it.

import * as api from '../api.js';
import { h, notify, show, withCode } from '../dom.js';
import * as edit from '../edit.js';
import { ago, inWords } from '../format.js';
import { avatar } from './badges.js';
import { diffView, publish } from './publish.js';

/** Pages of items that the playground evaluates. */
const EVALUATED_PAGES = new Set(['flags', 'configs', 'secrets']);

/** @type {(main: HTMLElement, page: PageContext, key: string, versions: Version[]) => void} */
export function history(main, page, key, versions) {
  /** @type {(version: Version) => Promise<void>} */
  const revert = async (version) => {
    if (await restoreVersion(page, key, version.id, `This creates a new version equal to the one from ${ago(version.changedAt)}.`)) history(main, page, key, await api.get(page.api('items', key, 'versions')));
  };
  /** @type {(version: Version, at: number) => HTMLElement} */
  const entry = (version, at) => {
    const place = h('div');
    const details = h('details', { ontoggle: async () => {
      if (!details.open || place.childNodes.length) return;
      show(place, 'Loading…');
      show(place, (await difference(page, key, version.id)).view);
    } }, h('summary', null, 'Show changes'), place);
    return h('li', { class: 'card' }, h('div', { class: 'row ends' }, h('div', { class: 'stack tight version' },
      h('p', null, avatar(version.changedBy), ' ', withCode(inWords(version.sentence ?? `changed by ${version.changedBy}`))), version.comment && h('p', { class: 'comment' }, `“${version.comment}”`),
      h('p', { class: 'small faint' }, h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)), at === 0 && ' · Current version')),
    h('div', { class: 'row' }, at > 0 && !version.isArchived && EVALUATED_PAGES.has(page.place.page) && h('a', { class: 'button', href: page.path('playground') + api.query({ key, environment: page.environment.id, against: 'version', left: version.id, right: 'published' }) }, 'Compare values'),
    at > 0 && !version.isArchived && page.may('publisher') && h('button', { type: 'button', onclick: () => revert(version) }, 'Restore this version'))), details);
  };
  show(main, h('ol', { class: 'stack' }, versions.map(entry)));
}

/**
 * Returns the changes of a version and the id of the version before it.
 * @type {(page: PageContext, key: string, to: string) => Promise<{view: HTMLElement, from: string | null}>}
 */
export async function difference(page, key, to) {
  /** @type {Difference} */
  const { before, after, differences, from } = await api.get(page.api('items', key, 'diff') + api.query({ to }));
  const view = before && after ? diffView(edit.diff(before, after, page.project.environments)) : h('ul', { class: 'diff' }, differences.map((text) => h('li', null, text)));
  return { view, from: from ?? null };
}

/**
 * Creates a new version equal to an old one, or a draft of it if an environment requires approval. Returns whether a
 * new version was created.
 *
 * @type {(page: PageContext, key: string, to: string, about: string) => Promise<boolean>}
 */
export async function restoreVersion(page, key, to, about) {
  /** @type {[Item, Version & {item: Item}]} */
  const [now, then] = await Promise.all([api.get(page.api('items', key)), api.get(page.api('items', key, 'versions', to))]);
  const item = { ...then.item, id: now.id };
  if (!edit.diff(now, item, page.project.environments).length) {
    notify(`${key} already has this state.`);
    return false;
  }
  const done = await publish(page, now, item, { title: 'Restore this version?', button: 'Restore', about: h('p', null, about),
    act: (comment) => api.post(page.api('items', key, 'revert'), { to, comment }) });
  if (done === 'draft') notify('Draft saved. It is waiting for approval.');
  else if (done === 'conflict') notify(`${key} has a newer version. Reload the page and try again.`, 'bad');
  else if (done) notify('Version restored.');
  return Boolean(done) && done !== 'draft';
}
