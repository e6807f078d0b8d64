// Applies an action to several keys, some of which depend on others.

/**
 * Applies an action to every key and removes the key from the set. Refused keys are retried while others succeed: a
 * segment can be archived only after the items that refer to it. Fails with the last error.
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
