// MurmurHash3, 32 bits, seed 0: the hash that clients use for percentage rollouts.

/** @type {(word: number, by: number) => number} */
const rotate = (word, by) => (word << by) | (word >>> (32 - by));

/** @param {string} text @returns {number} from 0 to 2^32 - 1 */
export function murmur3(text) {
  const bytes = new TextEncoder().encode(text);
  const whole = bytes.length & ~3;
  let state = 0;
  for (let at = 0; at < whole; at += 4) {
    let block = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    block = Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
    state = (Math.imul(rotate(state ^ block, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at -= 1) tail = (tail << 8) | bytes[at];
  state ^= Math.imul(rotate(Math.imul(tail, 0xcc9e2d51), 15), 0x1b873593);
  state ^= bytes.length;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/**
 * Returns the index of the weight that a property value selects.
 * @type {(key: string, value: string, weights: number[]) => number}
 */
export function choose(key, value, weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bucket = total * (murmur3(key + value) / 4294967294);
  let sum = 0;
  const found = weights.findIndex((weight) => bucket < (sum += weight));
  return found < 0 ? weights.length - 1 : found;
}
