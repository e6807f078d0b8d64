// The column beside the rules: evaluations of a day, connected clients, and recent changes.

import * as api from '../api.js';
import { h, show, update } from '../dom.js';
import * as events from '../events.js';
import { ago, inWords, number, percent } from '../format.js';
import { avatar, shortName } from './badges.js';
import { chart, format, sums } from './chart.js';
import { valueColors } from '../colors.js';

/** How many changes are listed. */
const SHOWN = 4;

/** @type {(page: PageContext, item: Item) => Child[]} */
export function itemSide(page, item) {
  const [counts, clients] = [h('div'), h('div')];
  const isServed = item.type === 'feature_flag' || item.type === 'config';
  const drawCounts = async () => {
    const to = Date.now();
    const id = new URLSearchParams(location.search).get('environment') ?? '';
    const chosen = page.project.environments.find((one) => one.id === id || one.name.toLowerCase() === id.toLowerCase()) ?? page.environment;
    /** @type {Evaluations} */
    const response = await api.get(page.api('evaluations') + api.query({ key: item.key, from: to - 24 * 36e5, to, by: 'hour' }));
    show(counts, evaluations(page, item.key, response, chosen.id));
  };
  const drawClients = () => update(clients, connected(page));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  page.listen((name, data) => {
    if (name === 'clients') drawClients();
    if (name === 'evaluations' && data.keys.includes(item.key)) timer ??= setTimeout(() => { timer = undefined; drawCounts().catch(() => {}); }, 2000);
  });
  const onChoose = () => { drawCounts().catch(() => {}); };
  document.addEventListener('prefab-environment', onChoose);
  page.onLeave(() => { clearTimeout(timer); document.removeEventListener('prefab-environment', onChoose); });
  if (isServed) drawCounts().catch(() => {});
  drawClients();
  return [isServed && counts, clients];
}

/** @type {(page: PageContext, key: string, response: Evaluations, id: string) => HTMLElement} */
function evaluations(page, key, response, id) {
  const one = response.environments.find((each) => each.id === id);
  const name = page.project.environments.find((each) => each.id === id)?.name ?? '';
  const href = page.path(page.place.page, key) + api.query({ environment: id, view: 'evaluations' });
  const head = h('div', { class: 'row ends' }, h('h2', null, 'Evaluations, 24 h'), h('a', { href }, 'Open'));
  if (!one?.total) return h('section', { class: 'card' }, head, h('p', { class: 'faint' }, `None in ${name}.`));
  const values = sums(one.counts);
  const names = [...values.keys()].sort((left, right) => (values.get(right) ?? 0) - (values.get(left) ?? 0));
  const colors = valueColors(response.environments.flatMap((each) => [...sums(each.counts).keys()]));
  return h('section', { class: 'card' }, head,
    h('div', { class: 'row ends' }, h('span', { class: 'figure' }, number(one.total)), h('ul', { class: 'legend' }, names.slice(0, 3).map((text) => h('li', null,
      h('span', { class: `square ${colors(text)}`, 'aria-hidden': 'true' }), h('span', { class: 'code' }, text.length > 18 ? `${text.slice(0, 17)}…` : text), percent(Math.round(((values.get(text) ?? 0) / one.total) * 100) / 100))))),
    chart(one.buckets, names, response.start, response.end, 36e5, name, colors, { height: 80, isSmall: true }));
}

/** @type {(page: PageContext) => HTMLElement} */
function connected(page) {
  const all = page.project.environments.map((one) => ({ one, clients: events.clients.get(one.id) })).filter(({ clients }) => clients?.connected);
  return h('section', { class: 'card' }, h('h2', null, 'Connected clients'),
    all.length ? h('dl', { class: 'pairs figures' }, all.slice(0, 6).map(({ one, clients }) => [h('dt', null, one.name), h('dd', null, clients?.connected ?? 0)]))
      : h('p', { class: 'faint' }, 'None on this server.'));
}

/** @type {(page: PageContext, key: string, versions: Version[]) => HTMLElement} */
export const recentChanges = (page, key, versions) => h('section', { class: 'card' },
  h('div', { class: 'row ends' }, h('h2', null, 'Recent changes'), h('a', { href: page.path(page.place.page, key) + api.query({ environment: page.environment.id, view: 'history' }) }, 'All changes')),
  h('ul', { class: 'recent' }, versions.slice(0, SHOWN).map((one) => h('li', null, avatar(one.changedBy),
    h('span', { class: 'text', title: inWords(one.sentence ?? '') }, one.comment ?? briefly(one, key)), h('time', { class: 'faint small nowrap', title: `${shortName(one.changedBy)}, ${new Date(one.changedAt).toLocaleString()}` }, ago(one.changedAt))))));

/**
 * Returns what changed, without who changed what.
 * @type {(version: Version, key: string) => string}
 */
const briefly = (version, key) => {
  const text = inWords(version.sentence ?? '');
  const at = text.indexOf(`\`${key}\`: `);
  return at < 0 ? text || 'Changed' : text.slice(at + key.length + 4);
};
