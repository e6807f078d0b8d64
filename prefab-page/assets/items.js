// The items of a project in short, kept while the page is open so that coming back shows them at once.

import * as api from './api.js';

/** How many come at once. */
const MOST = 10000;
/** @type {Map<string, Map<string, Summary>>} */
const kept = new Map();
/**
 * When a project's items were fetched; changes after that are taken in as they happen.
 * @type {Map<string, number>}
 */
const fetched = new Map();
/** For how long counts of evaluations may be old, in milliseconds. */
const FRESH = 60000;

/**
 * Returns what is kept of a project's items by key, if anything.
 * @type {(project: string) => Map<string, Summary> | undefined}
 */
export const known = (project) => kept.get(project);

/** @type {(project: string) => boolean} */
export const isFresh = (project) => Date.now() - (fetched.get(project) ?? 0) < FRESH;
/** Says that changes may have been missed. */
export const doubt = () => fetched.clear();

/**
 * Fetches all items, without how much they are used: while none has changed, the browser has them already.
 * @param {string} project
 */
export async function fetchAll(project) {
  const before = kept.get(project);
  /** @type {Map<string, Summary>} */
  const found = new Map();
  for (let after = /** @type {string | undefined} */ (''); after !== undefined;) {
    /** @type {{items: Summary[], next?: string}} */
    const page = await api.get(api.at(project, 'items') + api.query({ limit: MOST, usage: 'false', after }));
    for (const item of page.items) found.set(item.key, prepare(use(item, before?.get(item.key))));
    after = page.next;
  }
  kept.set(project, found);
  fetched.set(project, Date.now());
  return found;
}

/**
 * Fetches how much all items are used.
 * @param {string} project
 */
export async function fetchUsage(project) {
  /** @type {Used[]} */
  const used = await api.get(api.at(project, 'usage'));
  const byKey = new Map(used.map((one) => [one.key, one]));
  for (const item of kept.get(project)?.values() ?? []) use(item, byKey.get(item.key) ?? UNUSED);
}

/** @type {Omit<Used, 'key'>} */
const UNUSED = { lastEvaluatedAt: null, evaluations24h: 0, sparkline: [] };

/**
 * Says of an item how much it is used, if that is known.
 * @type {(item: Summary, used: Omit<Used, 'key'> | Summary | undefined) => Summary}
 */
function use(item, used) {
  if (!used) return item;
  const { lastEvaluatedAt, evaluations24h, sparkline } = used;
  return Object.assign(item, { lastEvaluatedAt, evaluations24h, sparkline });
}

/** @type {Set<string>} */
let changed = new Set();
/** @type {Promise<void> | null} */
let soon = null;
/**
 * Fetches items again after they changed: what changes at about the same time is fetched together, and all of it
 * where it is much, as after an import.
 * @type {(project: string, key: string) => Promise<void>}
 */
export function refresh(project, key) {
  changed.add(key);
  soon ??= new Promise((done) => { setTimeout(done, 100); }).then(async () => {
    const keys = changed;
    changed = new Set();
    soon = null;
    if (!kept.has(project)) return;
    if (keys.size > 5) await fetchAll(project);
    else await Promise.all([...keys].map((one) => again(project, one)));
  });
  return soon;
}

/** @type {(project: string, key: string) => Promise<void>} */
async function again(project, key) {
  const items = kept.get(project);
  /** @type {{items: Summary[]}} */
  const page = await api.get(api.at(project, 'items') + api.query({ search: key, limit: MOST }));
  const item = page.items.find((one) => one.key === key);
  if (item) items?.set(key, prepare(use(item, { ...UNUSED, ...item })));
  else items?.delete(key);
}

/**
 * What is searched is made once, so that a key stroke costs nothing.
 * @type {(item: Summary) => Summary}
 */
function prepare(item) {
  const values = (item.states ?? []).map((state) => state.value).join(' ');
  return Object.assign(item, { hay: [item.key, item.kind, item.changedBy, values, ...(item.tags ?? []), item.comment ?? ''].join('\n').toLowerCase() });
}

/**
 * Keys of some types, in order.
 * @type {(project: string, ...types: string[]) => Promise<string[]>}
 */
export async function keysOf(project, ...types) {
  const items = kept.get(project) ?? (await fetchAll(project));
  return [...items.values()].filter((item) => types.includes(item.type)).map((item) => item.key).sort();
}
