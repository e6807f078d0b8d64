// A cache of the item summaries of projects, so that the list appears immediately when the user returns to it.

import * as api from './api.js';

/** Items per request. */
const PAGE_SIZE = 10000;
/** @type {Map<string, Map<string, Summary>>} */
const cache = new Map();
/**
 * When the items of a project were fetched, in milliseconds since 1970. Events apply later changes.
 * @type {Map<string, number>}
 */
const fetchedAt = new Map();
/** How long evaluation counts stay fresh, in milliseconds. */
const MAX_AGE_MS = 60000;

/**
 * Returns the cached items of a project by key, or nothing.
 * @type {(project: string) => Map<string, Summary> | undefined}
 */
export const cached = (project) => cache.get(project);

/** @type {(project: string) => boolean} */
export const isFresh = (project) => Date.now() - (fetchedAt.get(project) ?? 0) < MAX_AGE_MS;
/** Marks all items as outdated, because events may have been missed. */
export const invalidate = () => fetchedAt.clear();

/**
 * The environments whose values are fetched, by project; all of them if there is no entry.
 * @type {Map<string, string>}
 */
const environmentsOf = new Map();

/** Up to this number of environments, the values of all of them are fetched. */
const MAX_ENVIRONMENTS = 8;
/** With more environments, these are fetched besides the chosen one. */
const OTHERS = 4;

/**
 * Selects whose values are fetched. With hundreds of environments, the values of all would be megabytes.
 * @type {(project: Project, chosen: Environment | undefined) => void}
 */
export function selectEnvironments(project, chosen) {
  if (project.environments.length <= MAX_ENVIRONMENTS || !chosen) return;
  const ids = [chosen, ...project.environments.filter((one) => one !== chosen).slice(0, OTHERS)].map((one) => one.id);
  const wanted = ids.sort().join(',');
  if (environmentsOf.get(project.id) === wanted) return;
  environmentsOf.set(project.id, wanted);
  cache.delete(project.id);
  fetchedAt.delete(project.id);
}

/**
 * Fetches all items without their usage, so that the browser's cache serves them while none has changed.
 * @param {string} project
 */
export async function fetchAll(project) {
  const previous = cache.get(project);
  /** @type {Map<string, Summary>} */
  const items = new Map();
  for (let after = /** @type {string | undefined} */ (''); after !== undefined;) {
    /** @type {{items: Summary[], next?: string}} */
    const batch = await api.get(api.projectPath(project, 'items') + api.query({ limit: PAGE_SIZE, usage: 'false', after, environments: environmentsOf.get(project) }));
    for (const item of batch.items) items.set(item.key, withSearchText(withUsage(item, previous?.get(item.key))));
    after = batch.next;
  }
  cache.set(project, items);
  fetchedAt.set(project, Date.now());
  return items;
}

/**
 * Fetches the usage of all items.
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
 * Sets the usage of an item, if it is present.
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
 * Fetches a changed item again. Changes within 100 ms share a request; more than five of them fetch all items, as
 * after an import.
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
  const batch = await api.get(api.projectPath(project, 'items') + api.query({ search: key, limit: PAGE_SIZE, environments: environmentsOf.get(project) }));
  const item = batch.items.find((one) => one.key === key);
  if (item) items?.set(key, withSearchText(withUsage(item, { ...UNUSED, ...item })));
  else items?.delete(key);
}

/**
 * Sets the text that the filter searches, once per item rather than once per keystroke.
 * @type {(item: Summary) => Summary}
 */
function withSearchText(item) {
  const values = [...new Set((item.states ?? []).map((state) => state.value))].join(' ');
  return Object.assign(item, { hay: [item.key, item.kind, item.changedBy, values, ...(item.tags ?? []), item.comment ?? ''].join('\n').toLowerCase() });
}

/**
 * Returns the keys of items of these types, sorted.
 * @type {(project: string, ...types: string[]) => Promise<string[]>}
 */
export async function keysOf(project, ...types) {
  const items = cache.get(project) ?? (await fetchAll(project));
  return [...items.values()].filter((item) => types.includes(item.type)).map((item) => item.key).sort();
}
