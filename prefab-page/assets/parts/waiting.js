// How many drafts exist, for the menu. The count follows the events of the project.

import { h, show } from '../dom.js';

/** Keys with a draft, by project. */
let keys = new Set();
const badge = h('span', { class: 'count new', hidden: true });

/** Returns the badge of the menu. */
export function waitingCount() {
  draw();
  return badge;
}

/**
 * Sets the keys that have a draft.
 * @type {(all: Iterable<string>) => void}
 */
export function setWaiting(all) {
  keys = new Set(all);
  draw();
}

/**
 * Applies an event.
 * @type {(event: {key: string, savedBy?: string | null}) => void}
 */
export function noteDraft({ key, savedBy }) {
  keys[savedBy ? 'add' : 'delete'](key);
  draw();
}

function draw() {
  badge.hidden = !keys.size;
  show(badge, String(keys.size), h('span', { class: 'visually-hidden' }, keys.size === 1 ? ' draft' : ' drafts'));
}
