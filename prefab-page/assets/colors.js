// Colours of values: one value has one colour in rules, bars and charts, in every environment.

import { murmur3 } from './murmur3.js';
import { value as format } from './format.js';

const SLOTS = 8;

/**
 * Returns the colour class of each value text. `true` and `false` have colours of their own. Every other value has the
 * slot that its hash selects, or the next free one.
 *
 * @type {(values: (Flat | string)[]) => (text: string) => string}
 */
export function valueColors(values) {
  /** @type {Map<string, string>} */
  const classes = new Map([['true', 'v-true'], ['false', 'v-false']]);
  const taken = new Set();
  const texts = values.map((one) => (typeof one === 'string' ? one : format(one)));
  for (const text of [...new Set(texts)].sort()) {
    if (classes.has(text)) continue;
    let slot = murmur3(text) % SLOTS;
    for (let step = 0; step < SLOTS && taken.has(slot); step += 1) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    classes.set(text, `v-${slot + 1}`);
  }
  return (text) => classes.get(text) ?? `v-${(murmur3(text) % SLOTS) + 1}`;
}
