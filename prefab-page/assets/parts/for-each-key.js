// The same for several things, of which some may have to wait for others.

/**
 * Does something for every key and takes the key out of the set. What is refused is tried again as long as that helps:
 * a segment goes only after those that refer to it. Fails with what was refused last.
 * @type {(keys: Set<string>, act: (key: string) => Promise<unknown>) => Promise<void>}
 */
export async function forEachKey(keys, act) {
  /** @type {Error | null} */
  let refused = null;
  for (let before = Infinity; keys.size && keys.size < before;) {
    before = keys.size;
    refused = null;
    for (const key of [...keys]) {
      try {
        await act(key);
        keys.delete(key);
      } catch (error) {
        refused = error;
      }
    }
  }
  if (refused) throw refused;
}
