// One flag, config or other item: its rules, its history, its evaluations, and what uses it.

import * as api from '../api.js';
import { h, notify, show } from '../dom.js';
import { icon } from '../icons.js';
import * as edit from '../edit.js';
import { environmentName } from '../environments.js';
import { ago, inWords, number, rule as sentence, TYPES, VALUE_TYPES } from '../format.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { avatar, shortName } from '../parts/badges.js';
import { copy } from '../parts/copyable.js';
import { confirm } from '../parts/dialog.js';
import { fetchDraft } from '../parts/draft-banner.js';
import { editor } from '../parts/editor.js';
import { menu } from '../parts/menu.js';
import { useInCode } from '../parts/use-in-code.js';

const VIEWS = [['', 'Rules'], ['evaluations', 'Evaluations'], ['history', 'History'], ['uses', 'Used by'], ['together', 'Compare'], ['settings', 'Settings']];

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
  const details = h('div', { class: 'details' });
  let lastVersion = versions[0];
  const showAll = (/** @type {Item} */ now) => showDetails(details, page, now, name, lastVersion);
  showAll(item);
  const link = (/** @type {string[]} */ [id, text]) => h('a', { class: 'button', 'aria-current': id === view ? 'page' : null,
    href: page.path(place.page, key) + api.query({ environment: page.environment.id, view: id }) }, text, id === 'history' && h('span', { class: 'count' }, versions.length));
  const body = h('div', { class: 'stack' });
  const isServed = item.type === 'feature_flag' || item.type === 'config';
  show(main,
    h('div', { class: 'title item-title' },
      h('div', { class: 'stack item-head' },
        h('p', { class: 'small' }, h('a', { class: 'faint', href: page.path(place.page) }, title)),
        h('div', { class: 'row key-line' }, h('h1', { class: 'code' }, key),
          h('button', { type: 'button', class: 'icon-button s', 'aria-label': 'Copy key', title: 'Copy key', onclick: () => copy(key, 'the key') }, icon('copy'))),
        details),
      h('div', { class: 'row' },
        isServed && h('button', { type: 'button', onclick: () => useInCode(key, item.valueType === 'bool') }, icon('code'), 'Use in code'),
        h('a', { class: 'button', href: page.path('playground') + api.query({ key, environment: page.environment.id }) }, icon('flask'), 'Test'),
        menu({ class: 'icon-button bordered', 'aria-label': 'More actions' }, icon('more'), () => [
          { text: 'Copy key', icon: 'copy', act: () => copy(key, 'the key') },
          { text: 'Copy link', icon: 'external', act: () => copy(location.href, 'the link') },
          page.mayEverywhere('publisher') && { text: 'Archive…', icon: 'archive', isDanger: true, act: () => archive(page, item, name) },
        ]))),
    h('nav', { class: 'tabs', 'aria-label': 'Views' }, VIEWS.map(link)), body);
  document.body.classList.toggle('has-cards', view === '');
  page.onLeave(() => document.body.classList.remove('has-cards'));

  main.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (view === 'together') return compareEnvironments(body, page, item);
  if (view === 'history') return (await import('../parts/history.js')).history(body, page, key, versions);
  if (view === 'evaluations') return (await import('../parts/chart.js')).evaluations(body, page, key);
  if (view === 'uses') return showUses(body, page, key);
  let drawRecent = () => {};
  const [column, side] = [h('div', { class: 'stack' }), h('aside', { class: 'stack', 'aria-label': 'About this key' })];
  show(body, view === '' ? h('div', { class: 'with-side' }, column, side) : column);
  await editor(column, page, item, { draft, hasSettings: view === 'settings', onPublished: (version, now) => {
    lastVersion = version;
    showAll(now);
    versions.unshift(version);
    drawRecent();
  } });
  if (view !== '') return;
  const recent = h('div');
  const { itemSide, recentChanges } = await import('../parts/item-side.js');
  drawRecent = () => show(recent, recentChanges(page, key, versions));
  show(side, itemSide(page, item), recent);
  drawRecent();
}

/** @type {(place: HTMLElement, page: PageContext, item: Item, name: string, version: Version) => void} */
function showDetails(place, page, item, name, version) {
  const type = item.valueType ? VALUE_TYPES[item.valueType] ?? item.valueType.replaceAll('_', ' ') : '';
  show(place, h('span', null, type ? `${type} ${name}` : name),
    item.schemaKey && h('a', { class: 'chip', href: page.path('schemas', item.schemaKey) }, `schema ${item.schemaKey}`),
    item.tags && h('span', { class: 'row' }, h('span', { class: 'visually-hidden' }, 'tags: '), item.tags.map((tag) => h('a', { class: 'tag', href: page.path(TYPES[item.type][0]) + api.query({ q: tag }) }, tag))),
    h('span', { class: 'last-change', title: inWords(version.sentence ?? '') }, avatar(version.changedBy), `Changed by ${shortName(version.changedBy)} `,
      h('time', { title: new Date(version.changedAt).toLocaleString() }, ago(version.changedAt)), version.comment && [': ', h('span', { class: 'comment' }, `“${version.comment}”`)]));
}

/** @type {(body: HTMLElement, page: PageContext, item: Item) => void} */
function compareEnvironments(body, page, item) {
  const groups = new Map();
  for (const one of page.project.environments) {
    const own = edit.rulesOf(item, one.id);
    const id = own ? JSON.stringify(own) : '';
    groups.set(id, { own, all: [...(groups.get(id)?.all ?? []), one] });
  }
  // Environments with the same rules share a card, so that the page stays short with many of them.
  const sections = [...groups.values()].map(({ own, all }) => h('section', { class: 'card' },
    h('h2', { class: 'row' }, all.map((/** @type {Environment} */ one) => environmentName(one, page.project))),
    !own && h('p', { class: 'hint' }, 'Default rules'),
    h('ol', { class: 'sentences' }, (own ?? item.default.rules).map((/** @type {Rule} */ rule) => h('li', null, sentence(rule))))));
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
