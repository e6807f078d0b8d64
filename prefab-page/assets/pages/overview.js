// The overview: drafts that wait, recent changes, connected clients, and levels that end soon.

import * as api from '../api.js';
import { h, show, update, withCode } from '../dom.js';
import * as events from '../events.js';
import { icon } from '../icons.js';
import * as items from '../items.js';
import { ago, inWords, TYPES } from '../format.js';
import { environmentName } from '../environments.js';
import { avatar, shortName } from '../parts/badges.js';
import { setWaiting } from '../parts/waiting.js';

const SHOWN = 8;
/** Items without an evaluation in this time are listed. */
const STALE_MS = 30 * 864e5;

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Overview – Prefab';
  const { project } = page;
  const [drafts, changes, clients, levels, stale] = [h('div'), h('div'), h('div'), h('div'), h('div')];
  show(main, h('div', { class: 'title' }, h('h1', null, 'Overview'),
    h('div', { class: 'row' }, page.mayEverywhere('publisher') && h('a', { class: 'button', href: page.path('flags') }, icon('flag'), 'Flags'))),
  h('div', { class: 'with-side' }, h('div', { class: 'stack' }, drafts, changes, stale), h('aside', { class: 'stack', 'aria-label': 'Status' }, clients, levels)));

  /** @type {(title: string, link: Child, ...content: Child[]) => HTMLElement} */
  const card = (title, link, ...content) => h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, title), link), content);
  const linkOf = (/** @type {string} */ key) => page.path(TYPES[items.cached(project.id)?.get(key)?.type ?? 'feature_flag'][0], key);

  async function drawDrafts() {
    /** @type {Draft[]} */
    const all = await api.get(page.api('drafts'));
    setWaiting(all.map((one) => one.key));
    show(drafts, all.length > 0 && card('Approvals', h('a', { href: page.path('approvals') }, `All ${all.length}`), h('ul', { class: 'recent' }, all.slice(0, SHOWN).map((one) => h('li', null, avatar(one.savedBy),
      h('span', { class: 'text' }, h('a', { class: 'code', href: page.path('approvals') + api.query({ key: one.key }) }, one.key), ' ', h('span', { class: 'faint' }, one.comment || inWords(one.differences.join('; ').replaceAll('`', '')))),
      h('span', { class: `chip ${one.approvedBy ? 'on' : 'warn'}` }, one.approvedBy ? 'Approved' : one.needsApproval ? 'Waiting' : 'Draft'))))));
  }

  async function drawChanges() {
    /** @type {Audited[]} */
    const records = await api.get(page.api('audit') + api.query({ limit: SHOWN }));
    show(changes, card('Recent changes', h('a', { href: page.path('audit') }, 'Audit log'),
      records.length ? h('ul', { class: 'recent' }, records.map((one) => h('li', null, avatar(one.who), h('span', { class: 'text', title: inWords(one.sentence) }, one.isRefused && h('span', { class: 'chip bad' }, 'Refused'), ' ',
        one.version ? [h('a', { class: 'code', href: linkOf(one.subject) }, one.subject), ' ', h('span', { class: 'faint' }, one.comment ?? briefly(one))] : withCode(inWords(one.sentence))),
      h('time', { class: 'faint small nowrap', title: `${shortName(one.who)}, ${new Date(one.at).toLocaleString()}` }, ago(one.at))))) : h('p', { class: 'faint' }, 'Nothing has changed yet.')));
  }

  function drawClients() {
    const total = [...events.clients.values()].reduce((sum, one) => sum + one.connected, 0);
    update(clients, h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, 'Connected clients'), h('a', { href: page.path('health') }, 'Server')),
      h('p', null, h('span', { class: 'figure' }, total), h('span', { class: 'faint' }, ' on this server')),
      total ? h('dl', { class: 'pairs figures' }, project.environments.filter((one) => events.clients.get(one.id)?.connected).slice(0, SHOWN).map((one) => [h('dt', null, environmentName(one, project)), h('dd', null, events.clients.get(one.id)?.connected ?? 0)]))
        : h('a', { class: 'button', href: page.path('start') }, 'Connect an app')));
  }

  async function drawLevels() {
    /** @type {LoggerLevels[]} */
    const all = await api.get(page.api('log-levels'));
    const ending = all.flatMap((one) => one.levels.map((level) => ({ path: one.path, level }))).filter(({ level }) => level.expiresAt).sort((left, right) => (left.level.expiresAt ?? 0) - (right.level.expiresAt ?? 0));
    show(levels, ending.length > 0 && card('Log levels that expire', h('a', { href: page.path('log-levels') }, 'Log levels'), h('ul', { class: 'recent' }, ending.slice(0, SHOWN).map(({ path, level }) => h('li', null,
      h('span', { class: `chip level ${(level.level ?? '').toLowerCase()}` }, level.level), h('span', { class: 'text code' }, path || 'Root'), h('span', { class: 'faint small nowrap' }, ago(level.expiresAt)))))));
  }

  async function drawStale() {
    const all = [...(items.cached(project.id) ?? await items.fetchAll(project.id)).values()];
    if (all.some((one) => one.lastEvaluatedAt === undefined)) await items.fetchUsage(project.id);
    const old = all.filter((one) => ['feature_flag', 'config'].includes(one.type) && one.changedAt < Date.now() - STALE_MS && (one.lastEvaluatedAt ?? 0) < Date.now() - STALE_MS);
    show(stale, old.length > 0 && card('Not evaluated for 30 days', h('a', { href: page.path('flags') + api.query({ only: 'stale' }) }, 'Flags'),
      h('ul', { class: 'recent' }, old.slice(0, SHOWN).map((one) => h('li', null, icon('clock'), h('a', { class: 'text code', href: page.path(TYPES[one.type][0], one.key) }, one.key), h('span', { class: 'faint small nowrap' }, ago(one.lastEvaluatedAt)))))));
  }

  page.listen((name) => {
    if (name === 'clients') drawClients();
    if (name === 'change') drawChanges().catch(() => {});
    if (name === 'draft') drawDrafts().catch(() => {});
    if (name === 'reconnected') Promise.all([drawDrafts(), drawChanges(), drawLevels()]).catch(() => {});
  });
  drawClients();
  await Promise.all([drawDrafts(), drawChanges(), drawLevels()]);
  await drawStale();
  await drawChanges();
}

/**
 * Returns what changed, without who changed what.
 * @type {(one: Audited) => string}
 */
const briefly = (one) => inWords(one.sentence).split(`\`${one.subject}\`: `).at(-1)?.replaceAll('`', '') ?? '';
