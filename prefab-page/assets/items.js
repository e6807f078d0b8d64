// The items of a project in short, kept while the page is open so that coming back shows them at once.

import * as api from './api.js';

const MOST = 1000;
const kept = new Map();

/** Returns what is kept of a project's items by key, if anything. */
export const known = (project) => kept.get(project);

/** Fetches all items, page by page; calls back after each. */
export async function fetchAll(project, onPage = (_items) => {}) {
  const found = new Map();
  for (let after = ''; after !== undefined;) {
    const page = await api.get(api.at(project, 'items') + api.query({ limit: MOST, after }));
    for (const item of page.items) found.set(item.key, prepare(item));
    after = page.next;
    if (!kept.has(project)) onPage(found);
  }
  kept.set(project, found);
  onPage(found);
  return found;
}

/** Fetches one item again after it changed. */
export async function refresh(project, key) {
  const items = kept.get(project);
  if (!items) return;
  const page = await api.get(api.at(project, 'items') + api.query({ search: key, limit: MOST }));
  const item = page.items.find((one) => one.key === key);
  if (item) items.set(key, prepare(item));
  else items.delete(key);
}

/** What is searched is made once, so that a key stroke costs nothing. */
function prepare(item) {
  const values = (item.states ?? []).map((state) => state.value).join(' ');
  return Object.assign(item, { hay: `${item.key} ${item.kind} ${item.changedBy} ${values}`.toLowerCase() });
}

/** Keys of some types, in order. */
export async function keysOf(project, ...types) {
  const items = kept.get(project) ?? (await fetchAll(project));
  return [...items.values()].filter((item) => types.includes(item.type)).map((item) => item.key).sort();
}
