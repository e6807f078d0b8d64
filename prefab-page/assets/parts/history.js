// The past of an item: every version, what it changed, and the way back.

import * as api from '../api.js';
import { coded, h, show, tell } from '../dom.js';
import * as edit from '../edit.js';
import { ago } from '../format.js';
import { confirm } from './dialog.js';
import { diffView } from './publish.js';

/** Pages of items that the playground answers for. */
const PLAYED = new Set(['flags', 'configs', 'secrets']);

/** @type {(main: HTMLElement, known: PageContext, key: string, versions: Version[]) => void} */
export function history(main, known, key, versions) {
  /** @type {(version: Version) => Promise<void>} */
  const revert = async (version) => {
    if (await goBack(known, key, version.id, `This makes a new version that is what it was ${ago(version.changedAt)}.`)) history(main, known, key, await api.get(known.api('items', key, 'versions')));
  };
  /** @type {(version: Version, at: number) => HTMLElement} */
  const entry = (version, at) => {
    const place = h('div');
    const details = h('details', { ontoggle: async () => {
      if (!details.open || place.childNodes.length) return;
      show(place, 'Fetching …');
      show(place, (await difference(known, key, version.id)).view);
    } }, h('summary', null, 'What changed'), place);
    return h('li', { class: 'card' }, h('div', { class: 'row ends' }, h('div', { class: 'stack tight' },
      h('p', null, coded(version.sentence ?? `changed by ${version.changedBy}`)), version.comment && h('p', { class: 'comment' }, `“${version.comment}”`),
      h('p', { class: 'small faint' }, h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)), at === 0 && ' · this version stands')),
    h('div', { class: 'row' }, at > 0 && !version.isArchived && PLAYED.has(known.place.page) && h('a', { class: 'button', href: known.path('playground') + api.query({ key, environment: known.environment.id, against: 'version', left: version.id, right: 'published' }) }, 'Compare answers'),
    at > 0 && !version.isArchived && known.may('publisher') && h('button', { type: 'button', onclick: () => revert(version) }, 'Go back to this'))), details);
  };
  show(main, h('ol', { class: 'stack' }, versions.map(entry)));
}

/**
 * What a version changed, and what it was before.
 * @type {(known: PageContext, key: string, to: string) => Promise<{view: HTMLElement, from: string | null}>}
 */
export async function difference(known, key, to) {
  /** @type {Difference} */
  const { before, after, differences, from } = await api.get(known.api('items', key, 'diff') + api.query({ to }));
  const view = before && after ? diffView(edit.diff(before, after, known.project.environments)) : h('ul', { class: 'diff' }, differences.map((text) => h('li', null, text)));
  return { view, from };
}

/**
 * Asks, and makes a new version that is what an old one was; tells whether that was done.
 * @type {(known: PageContext, key: string, to: string, about: string) => Promise<boolean>}
 */
export async function goBack(known, key, to, about) {
  const needsComment = known.project.environments.some((one) => one.needsComment);
  /** @type {[Item, Version & {item: Item}]} */
  const [now, then] = await Promise.all([api.get(known.api('items', key)), api.get(known.api('items', key, 'versions', to))]);
  const lines = edit.diff(now, then.item, known.project.environments);
  if (!lines.length) {
    tell(`${key} is like that already.`);
    return false;
  }
  const done = await confirm('Go back to this version?', h('div', { class: 'stack' }, h('p', null, about), diffView(lines)), 'Go back', (comment) => api.post(known.api('items', key, 'revert'), { to, comment }), { needsComment });
  if (done) tell('The old version is back, as a new one.');
  return Boolean(done);
}
