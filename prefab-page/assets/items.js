// The items of a project in short, cache while the page is open so that coming back shows them at once.

import * as api from './api.js';

/** How many come at once. */
const PAGE_SIZE = 10000;
/** @type {Map<string, Map<string, Summary>>} */
const cache = new Map();
/**
 * When a project's items were fetchedAt; changes after that are taken in as they happen.
 * @type {Map<string, number>}
 */
const fetchedAt = new Map();
/** For how long counts of evaluations may be old, in milliseconds. */
const MAX_AGE_MS = 60000;

/**
 * Returns what is cache of a project's items by key, if anything.
 * @type {(project: string) => Map<string, Summary> | undefined}
 */
export const cached = (project) => cache.get(project);

/** @type {(project: string) => boolean} */
export const isFresh = (project) => Date.now() - (fetchedAt.get(project) ?? 0) < MAX_AGE_MS;
/** Says that changes may have been missed. */
export const invalidate = () => fetchedAt.clear();

/**
 * Fetches all items, without how much they are used: while none has changed, the browser has them already.
 * @param {string} project
 */
export async function fetchAll(project) {
  const previous = cache.get(project);
  /** @type {Map<string, Summary>} */
  const items = new Map();
  for (let after = /** @type {string | undefined} */ (''); after !== undefined;) {
    /** @type {{items: Summary[], next?: string}} */
    const batch = await api.get(api.projectPath(project, 'items') + api.query({ limit: PAGE_SIZE, usage: 'false', after }));
    for (const item of batch.items) items.set(item.key, withSearchText(withUsage(item, previous?.get(item.key))));
    after = batch.next;
  }
  cache.set(project, items);
  fetchedAt.set(project, Date.now());
  return items;
}

/**
 * Fetches how much all items are used.
 * @param {string} project
 */
export async function fetchUsage(project) {
  /** @type {Used[]} */
  const used = await api.get(api.projectPath(project, 'usage'));
  const byKey = new Map(used.map((one) => [one.key, one]));
  for (const item of cache.get(project)?.values() ?? []) withUsage(item, byKey.get(item.key) ?? UNUSED);
}

/** @type {Omit<Used, 'key'>} */
const UNUSED = { lastEvaluatedAt: null, evaluations24h: 0, sparkline: [] };

/**
 * Says of an item how much it is used, if that is known.
 * @type {(item: Summary, used: Omit<Used, 'key'> | Summary | undefined) => Summary}
 */
function withUsage(item, used) {
  if (!used) return item;
  const { lastEvaluatedAt, evaluations24h, sparkline } = used;
  return Object.assign(item, { lastEvaluatedAt, evaluations24h, sparkline });
}

/** @type {Set<string>} */
let changed = new Set();
/** @type {Promise<void> | null} */
let scheduled = null;
/**
 * Fetches items again after they changed: what changes at about the same time is fetchedAt together, and all of it
 * where it is much, as after an import.
 * @type {(project: string, key: string) => Promise<void>}
 */
export function refresh(project, key) {
  changed.add(key);
  scheduled ??= new Promise((done) => { setTimeout(done, 100); }).then(async () => {
    const keys = changed;
    changed = new Set();
    scheduled = null;
    if (!cache.has(project)) return;
    if (keys.size > 5) await fetchAll(project);
    else await Promise.all([...keys].map((one) => refetch(project, one)));
  });
  return scheduled;
}

/** @type {(project: string, key: string) => Promise<void>} */
async function refetch(project, key) {
  const items = cache.get(project);
  /** @type {{items: Summary[]}} */
  const batch = await api.get(api.projectPath(project, 'items') + api.query({ search: key, limit: PAGE_SIZE }));
  const item = batch.items.find((one) => one.key === key);
  if (item) items?.set(key, withSearchText(withUsage(item, { ...UNUSED, ...item })));
  else items?.delete(key);
}

/**
 * What is searched is made once, so that a key stroke costs nothing.
 * @type {(item: Summary) => Summary}
 */
function withSearchText(item) {
  const values = (item.states ?? []).map((state) => state.value).join(' ');
  return Object.assign(item, { hay: [item.key, item.kind, item.changedBy, values, ...(item.tags ?? []), item.comment ?? ''].join('\n').toLowerCase() });
}

/**
 * Keys of some types, in order.
 * @type {(project: string, ...types: string[]) => Promise<string[]>}
 */
export async function keysOf(project, ...types) {
  const items = cache.get(project) ?? (await fetchAll(project));
  return [...items.values()].filter((item) => types.includes(item.type)).map((item) => item.key).sort();
}
