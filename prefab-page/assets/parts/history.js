// The past of an item: every version, what it changed, and the way back.

import * as api from '../api.js';
import { h, show, tell } from '../dom.js';
import * as edit from '../edit.js';
import { ago } from '../words.js';
import { confirm } from './dialog.js';
import { diffView } from './publish.js';

/** Pages of items that the playground answers for. */
const PLAYED = new Set(['flags', 'configs', 'secrets']);

/** @type {(main: HTMLElement, known: Known, key: string, versions: Version[]) => void} */
export function history(main, known, key, versions) {
  const needsComment = known.project.environments.some((one) => one.needsComment);
  /** @type {(version: Version) => Promise<void>} */
  const revert = async (version) => {
    /** @type {[Item, Version & {item: Item}]} */
    const [now, then] = await Promise.all([api.get(known.api('items', key)), api.get(known.api('items', key, 'versions', version.id))]);
    const about = h('div', { class: 'stack' }, h('p', null, `This makes a new version that is what it was ${ago(version.changedAt)}.`), diffView(edit.diff(now, then.item, known.project.environments)));
    const done = await confirm('Go back to this version?', about, 'Go back', (comment) => api.post(known.api('items', key, 'revert'), { to: version.id, comment }), { needsComment });
    if (!done) return;
    tell('The old version is back, as a new one.');
    history(main, known, key, await api.get(known.api('items', key, 'versions')));
  };
  /** @type {(version: Version, at: number) => HTMLElement} */
  const entry = (version, at) => {
    const place = h('div');
    const details = h('details', { ontoggle: async () => {
      if (!details.open || place.childNodes.length) return;
      show(place, 'Fetching …');
      /** @type {Difference} */
      const diff = await api.get(known.api('items', key, 'diff') + api.query({ to: version.id }));
      show(place, diff.before && diff.after ? diffView(edit.diff(diff.before, diff.after, known.project.environments)) : h('ul', { class: 'diff' }, diff.differences.map((text) => h('li', null, text))));
    } }, h('summary', null, 'What changed'), place);
    return h('li', { class: 'card' }, h('div', { class: 'row ends' }, h('div', { class: 'stack tight' },
      h('p', null, version.sentence ?? `changed by ${version.changedBy}`), version.comment && h('p', { class: 'comment' }, `“${version.comment}”`),
      h('p', { class: 'small faint' }, h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)), at === 0 && ' · this version stands')),
    h('div', { class: 'row' }, at > 0 && !version.isArchived && PLAYED.has(known.place.page) && h('a', { class: 'button', href: known.path('playground') + api.query({ key, environment: known.environment.id, against: 'version', left: version.id, right: 'published' }) }, 'Compare answers'),
    at > 0 && !version.isArchived && known.may('publisher') && h('button', { type: 'button', onclick: () => revert(version) }, 'Go back to this'))), details);
  };
  show(main, h('ol', { class: 'stack' }, versions.map(entry)));
}
