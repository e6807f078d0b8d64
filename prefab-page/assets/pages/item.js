// One flag, config or other item: its rules, its history, its evaluations, and what uses it.

import * as api from '../api.js';
import { h, notify, show, withCode } from '../dom.js';
import * as edit from '../edit.js';
import { ago, inWords, number, rule as sentence, TYPES, VALUE_TYPES } from '../format.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { confirm } from '../parts/dialog.js';
import { fetchDraft } from '../parts/draft-banner.js';
import { editor } from '../parts/editor.js';

const VIEWS = [['', 'Rules'], ['evaluations', 'Evaluations'], ['history', 'History'], ['uses', 'Used by'], ['together', 'Compare']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<unknown>} */
export default async function render(main, page) {
  const { place } = page;
  const key = place.key;
  document.title = `${key} – Prefab`;
  const view = place.query.get('view') ?? '';
  /** @type {[PublishedItem, Version[], Draft | null]} */
  const [item, versions, draft] = await Promise.all([api.get(page.api('items', key)), api.get(page.api('items', key, 'versions')), fetchDraft(page, key)]);
  const [section, title, name] = TYPES[item.type];
  if (section !== place.page && place.page !== 'secrets') {
    return router.navigate(page.path(section, key) + location.search, { replace: true });
  }
  const lastChange = h('p', { class: 'about' });
  const details = h('p', { class: 'row' });
  showLastChange(lastChange, versions[0]);
  showDetails(details, page, item, name);
  const link = (/** @type {string[]} */ [id, text]) => h('a', { class: 'button', 'aria-current': id === view ? 'page' : null,
    href: page.path(place.page, key) + api.query({ environment: page.environment.id, view: id }) }, text);
  const body = h('div', { class: 'stack' });
  show(main,
    h('div', { class: 'title' },
      h('div', { class: 'stack tight' },
        h('p', { class: 'small' }, h('a', { href: page.path(place.page) }, title)),
        h('h1', { class: 'code' }, key),
        details, lastChange),
      h('div', { class: 'row' },
        h('a', { class: 'button', href: page.path('playground') + api.query({ key, environment: page.environment.id }) }, 'Test'),
        page.mayEverywhere('publisher') && h('button', { type: 'button', class: 'danger', onclick: () => archive(page, item, name) }, 'Archive'))),
    h('nav', { class: 'tabs', 'aria-label': 'Views' }, VIEWS.map(link)), body);

  main.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (view === 'together') return compareEnvironments(body, page, item);
  if (view === 'history') return (await import('../parts/history.js')).history(body, page, key, versions);
  if (view === 'evaluations') return (await import('../parts/chart.js')).evaluations(body, page, key);
  if (view === 'uses') return showUses(body, page, key);
  await editor(body, page, item, { draft, onPublished: (version, now) => {
    showLastChange(lastChange, version);
    showDetails(details, page, now, name);
  } });
}

/** @type {(place: HTMLElement, version: Version) => void} */
function showLastChange(place, version) {
  show(place, withCode(inWords(version.sentence ?? `changed by ${version.changedBy}`)), ' · ',
    h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)));
}

/** @type {(place: HTMLElement, page: PageContext, item: Item, name: string) => void} */
function showDetails(place, page, item, name) {
  show(place, h('span', { class: 'chip' }, name),
    item.valueType && h('span', { class: 'chip' }, VALUE_TYPES[item.valueType] ?? item.valueType.replaceAll('_', ' ')),
    item.schemaKey && h('a', { class: 'chip', href: page.path('schemas', item.schemaKey) }, `schema ${item.schemaKey}`),
    item.tags && [h('span', { class: 'visually-hidden' }, 'tags: '), item.tags.map((tag) => h('span', { class: 'tag small' }, tag))]);
}

/** @type {(body: HTMLElement, page: PageContext, item: Item) => void} */
function compareEnvironments(body, page, item) {
  const sections = page.project.environments.map((one) => {
    const own = edit.rulesOf(item, one.id);
    return h('section', { class: 'card' }, h('h2', null, one.name),
      !own && h('p', { class: 'hint' }, 'Uses the default rules.'),
      h('ol', { class: 'sentences' }, (own ?? item.default.rules).map((rule) => h('li', null, sentence(rule)))));
  });
  show(body, h('div', { class: 'side-by-side' }, sections));
}

/** @type {(body: HTMLElement, page: PageContext, key: string) => Promise<void>} */
async function showUses(body, page, key) {
  /** @type {string[]} */
  const keys = await api.get(page.api('items', key, 'used-by'));
  await items.fetchAll(page.project.id);
  const all = items.cached(page.project.id);
  const link = (/** @type {string} */ one) => h('a', { class: 'code', href: page.path(TYPES[all?.get(one)?.type ?? 'config'][0], one) }, one);
  show(body, keys.length ? h('ul', { class: 'card' }, keys.map((one) => h('li', null, link(one))))
    : h('section', { class: 'empty' }, h('h2', null, 'Not used by other items'),
      h('p', null, 'Items that refer to this segment, schema or secret key are listed here.')));
}

/** @type {(page: PageContext, item: PublishedItem, name: string) => Promise<void>} */
async function archive(page, item, name) {
  const { key } = item;
  const { environments } = page.project;
  const needsApproval = environments.some((one) => one.needsApproval);
  const about = h('div', { class: 'stack' },
    h('p', null, 'Clients no longer receive it. You can restore it on the Archived page.'),
    await usageWarning(page, key),
    needsApproval && h('p', { class: 'banner' }, 'Archiving requires approval. It is saved as a draft until another person approves it.'));
  const act = (/** @type {string} */ comment) => (needsApproval
    ? api.put(page.api('items', key, 'draft'), { item: null, comment })
    : api.remove(page.api('items', key), { comment, version: item.id }));
  const done = await confirm(`Archive the ${name} ${key}?`, about, needsApproval ? 'Save draft' : 'Archive', act,
    { isDanger: true, needsComment: environments.some((one) => one.needsComment) });
  if (!done) return;
  if (needsApproval) return notify('Draft saved. It is waiting for approval.');
  await items.refresh(page.project.id, key);
  notify(`Archived ${key}.`);
  router.setLeaveGuard(null);
  router.navigate(page.path(TYPES[item.type][0]));
}

/**
 * Returns warnings about current use of an item.
 * @type {(page: PageContext, key: string) => Promise<Child>}
 */
async function usageWarning(page, key) {
  /** @type {[Used[], string[]]} */
  const [usage, users] = await Promise.all([api.get(page.api('usage')), api.get(page.api('items', key, 'used-by'))]);
  const count = usage.find((one) => one.key === key)?.evaluations24h ?? 0;
  return [
    count > 0 && h('p', { class: 'banner' }, `Still in use: ${number(count)} evaluations in the last 24 hours.`),
    users.length > 0 && h('p', { class: 'banner' }, `Used by ${users.join(', ')}.`),
  ];
}
