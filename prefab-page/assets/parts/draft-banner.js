// The banner of a saved draft: who saved it, what it changes, and what can be done with it.

import * as api from '../api.js';
import { h, notify, withCode } from '../dom.js';
import { ago, inWords } from '../format.js';

/**
 * Returns the draft of a key. The list of drafts answers without an error if there is none.
 * @type {(page: PageContext, key: string) => Promise<Draft | null>}
 */
export async function fetchDraft(page, key) {
  /** @type {Draft[]} */
  const drafts = await api.get(page.api('drafts'));
  return drafts.find((one) => one.key === key) ?? null;
}

/**
 * @typedef {object} DraftActions
 * @property {string} type the type of the item
 * @property {(item: Item) => void} open
 * @property {(done: Changed, item: Item | null) => Promise<void>} publish called after the draft was published
 * @property {(draft: Draft | null) => void} replace shows another state of the draft, or none
 */

/** @type {(page: PageContext, draft: Draft, actions: DraftActions) => HTMLElement} */
export function draftBanner(page, draft, { type, open, publish, replace }) {
  const path = page.api('items', draft.key, 'draft');
  const { item } = draft;
  const isWaiting = draft.needsApproval && !draft.approvedBy;
  const isOwn = isSavedBy(draft, api.session.person);
  /** @type {(text: string, action: () => unknown, isMain?: boolean) => HTMLElement} */
  const button = (text, action, isMain = false) => h('button', { type: 'button', class: isMain ? 'main' : '', onclick: async () => {
    try { await action(); } catch (error) { notify(error.message, 'bad'); }
  } }, text);
  return h('div', { class: 'banner waiting', 'data-version': JSON.stringify([draft.savedAt, draft.savedBy, draft.approvedBy]) },
    h('span', null, `Draft by ${draft.savedBy}, ${ago(draft.savedAt)}${draft.comment ? `: “${draft.comment}”` : ''}. `,
      withCode(inWords(draft.differences.join('; '))), '.',
      isWaiting && (isOwn ? ' Waiting for approval by another person.' : ' Waiting for approval.'),
      draft.approvedBy && ` Approved by ${draft.approvedBy}.`,
      draft.isStale && ' Based on an older version.'),
    h('div', { class: 'row' },
      item && ['feature_flag', 'config'].includes(type) && h('a', { class: 'button', href: comparison(page, draft.key) }, 'Compare values'),
      item && button('Open draft', () => open(item)),
      page.may('publisher') && isWaiting && !isOwn && button('Approve', async () => replace(await api.post(`${path}/approve`)), true),
      page.may('publisher') && !draft.isStale && !isWaiting && button('Publish draft', async () => publish(await api.post(`${path}/publish`, {}), item), true),
      page.may('editor') && button('Discard draft', async () => {
        await api.remove(path);
        replace(null);
      })));
}

/** @type {(page: PageContext, key: string) => string} */
const comparison = (page, key) => page.path('playground')
  + api.query({ key, environment: page.environment.id, against: 'version', left: 'published', right: 'draft' });

/**
 * Whether a person saved a draft. Authors cannot approve their own drafts.
 * @type {(draft: Draft, person: Account | null) => boolean}
 */
export const isSavedBy = ({ savedBy }, person) => Boolean(person) && (savedBy === person?.name || savedBy.endsWith(`(${person?.email})`));
