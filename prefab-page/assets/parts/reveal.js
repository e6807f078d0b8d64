// Reveals a confidential value of the item on this page. The server records it in the audit log.

import * as api from '../api.js';
import { h, notify, show } from '../dom.js';
import * as router from '../router.js';

const REVEALING_ROLES = ['publisher', 'admin'];

/**
 * Returns a button that shows a confidential value, or null if the user may not reveal any.
 * @type {(flat: Flat, label: string) => HTMLElement | null}
 */
export function revealButton(flat, label) {
  const { project, key } = router.currentPlace();
  const own = api.session.projects.find((one) => one.id === project);
  if (!key || !own?.environments.some((one) => REVEALING_ROLES.includes(one.role))) return null;
  const place = h('div', { class: 'stack tight' });
  const hide = () => show(place, h('div', null, h('button', { type: 'button', class: 'quiet', 'aria-label': `Reveal ${label}`, title: 'The audit log records it.', onclick: reveal }, 'Reveal')));
  async function reveal() {
    try {
      const value = await find(project, key, flat.value);
      if (value === undefined) return notify('This value is no longer part of the item.', 'bad');
      show(place, h('pre', { tabindex: 0, 'aria-label': `Revealed ${label}` }, typeof value === 'string' ? value : JSON.stringify(value, null, 2)),
        h('div', null, h('button', { type: 'button', class: 'quiet', onclick: hide }, 'Hide')));
    } catch (error) {
      notify(error.message, 'bad');
    }
  }
  hide();
  return place;
}

/**
 * Returns the value with a fingerprint, in the published version or else in the draft.
 * @type {(project: string, key: string, fingerprint: string) => Promise<Json>}
 */
async function find(project, key, fingerprint) {
  const path = api.projectPath(project, 'items', key);
  return (await findAt(path, fingerprint)) ?? findAt(`${path}/draft`, fingerprint);
}

/**
 * Returns the value with a fingerprint in the item at a path. An item without it is not revealed.
 * @type {(path: string, fingerprint: string) => Promise<Json>}
 */
async function findAt(path, fingerprint) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    /** @type {Json} */
    const redacted = await api.get(path).catch((error) => {
      if (error.code !== 'not_found') throw error;
    });
    if (valueAt(redacted, redacted, fingerprint) === undefined) return undefined;
    /** @type {Json} */
    const revealed = await api.get(path + api.query({ reveal: true }));
    // The item may have changed between the two requests.
    if (redacted.id === revealed.id && redacted.savedAt === revealed.savedAt) return valueAt(redacted, revealed, fingerprint);
  }
  throw new Error('The item is changing. Try again in a moment.');
}

/**
 * Searches two forms of the same item in parallel. Returns the value of the second one where the first one has the
 * fingerprint.
 * @type {(redacted: Json, revealed: Json, fingerprint: string) => Json}
 */
function valueAt(redacted, revealed, fingerprint) {
  if (!redacted || typeof redacted !== 'object') return undefined;
  if (redacted.confidential && redacted.value === fingerprint) return revealed?.value;
  for (const [name, part] of Object.entries(redacted)) {
    const found = valueAt(part, revealed?.[name], fingerprint);
    if (found !== undefined) return found;
  }
  return undefined;
}
