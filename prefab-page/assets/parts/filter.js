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
    const state = item.states.find((one) => one.environment === environment);
    const shown = state && onOff(state);
    if (shown && (term === 'on' || term === 'off')) return shown.kind === term;
    return item.hay.includes(term);
  };
  const exact = all.filter((item) => terms.every((term) => contains(item, term)));
  if (exact.length) return exact;
  const patterns = terms.map((term) => new RegExp([...term].map((letter) => letter.replace(/\W/, '\\$&')).join('.*')));
  return all.filter((item) => patterns.every((pattern) => pattern.test(item.key.toLowerCase())));
}
