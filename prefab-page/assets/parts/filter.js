// The filter of the list.

import { onOff } from './state-cells.js';

/**
 * Returns the items that contain every term. `on`, `off` and `draft` match what the list shows. Without a result, keys match
 * that contain the letters of every term in order.
 *
 * @type {(all: Summary[], terms: string[], environment: string, drafts: Set<string>) => Summary[]}
 */
export function filterItems(all, terms, environment, drafts) {
  if (!terms.length) return all;
  /** @type {(item: Summary, term: string) => boolean} */
  const contains = (item, term) => {
    if (term === 'draft' && drafts.has(item.key)) return true;
    if (term !== 'on' && term !== 'off') return item.hay.includes(term);
    const state = item.states.find((one) => one.environment === environment);
    const shown = state && onOff(state);
    return shown ? shown.kind === term : item.hay.includes(term);
  };
  const exact = all.filter((item) => terms.every((term) => contains(item, term)));
  if (exact.length) return exact;
  return all.filter((item) => {
    const key = item.key.toLowerCase();
    return terms.every((term) => hasLetters(key, term));
  });
}

/**
 * Whether a text contains the letters of a term in order.
 * @type {(text: string, term: string) => boolean}
 */
function hasLetters(text, term) {
  let from = 0;
  for (const letter of term) {
    from = text.indexOf(letter, from) + 1;
    if (!from) return false;
  }
  return true;
}
