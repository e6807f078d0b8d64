// The list of flags, configs and other items, with a filter and live updates.

import * as api from '../api.js';
import { h, notify, show, update } from '../dom.js';
import * as items from '../items.js';
import * as router from '../router.js';
import * as format from '../format.js';
import { create } from '../parts/create.js';
import { confirm } from '../parts/dialog.js';
import { filterItems } from '../parts/filter.js';
import { forEachKey } from '../parts/for-each-key.js';
import { virtualList } from '../parts/virtual-list.js';
import { sparkline } from '../parts/sparkline.js';
import { stateCells } from '../parts/state-cells.js';

/** @type {Record<string, {title: string, one: string, types: string[], about: string}>} */
const KINDS = {
  flags: { title: 'Flags', one: 'flag', types: ['feature_flag'], about: 'Turn features on or off, for everyone or a few.' },
  configs: { title: 'Configs', one: 'config', types: ['config', 'limit_definition'], about: 'Values that running apps read by key.' },
  segments: { title: 'Segments', one: 'segment', types: ['segment'], about: 'Groups of users, defined once and used in many rules.' },
  schemas: { title: 'Schemas', one: 'schema', types: ['schema'], about: 'JSON Schemas that config values must match.' },
  secrets: { title: 'Secrets', one: 'secret', types: ['config'], about: 'Encrypted and confidential values. The page never shows them.' },
  'log-level-rules': { title: 'Log level rules', one: 'log level', types: ['log_level', 'log_level_v2'], about: 'The rules behind log levels.' },
};
/** @type {Record<string, string>} */
const TEACH = {
  flags: 'A flag turns a feature on or off for everyone, for specific users, or for a percentage of users. Create a flag, check it in your code, and change it here.',
  configs: 'A config is a value that your app reads by key, such as a limit, a text or a timeout. Running apps receive a change within a second.',
  segments: 'A segment defines a group of users by rules, such as internal staff. Rules of flags and configs refer to it, and all of them follow when the segment changes.',
  schemas: 'The server checks every change of a config against its schema, so an invalid value is never published.',
  secrets: 'Create an encrypted config with the command “prefab secret”, or mark the value of a config as confidential.',
  'log-level-rules': 'Set a level on the Log levels page. Its rules appear here.',
};

const typedSearch = new Map();

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  const { project, place, environment } = page;
  const kind = KINDS[place.page];
  document.title = `${kind.title} – Prefab`;
  /** @type {Set<string>} */
  const selected = new Set();
  /** @type {Summary[]} */
  let found = [];
  /** Keys with a draft. */
  let keysWithDraft = new Set();

  const isWanted = (/** @type {Summary} */ item) => kind.types.includes(item.type) && (place.page !== 'secrets' || item.isSecret);
  const search = h('input', { type: 'search', id: 'search', placeholder: 'Filter by key, value, tag or comment', 'aria-label': `Filter ${kind.title.toLowerCase()}`,
    autocomplete: 'off', spellcheck: 'false', value: place.query.get('q') ?? typedSearch.get(place.page) ?? '', 'aria-keyshortcuts': '/' });
  const count = h('span', { class: 'faint small', role: 'status' });
  const draftCount = h('span');
  const body = h('div', { class: 'stack' });
  const bulk = h('div', { class: 'row bulk' });
  const view = virtualList((/** @type {Summary} */ item) => row(item), () => (innerWidth < 860 ? 68 : 48));
  page.onLeave(view.stop);

  /** @param {Summary} item */
  function row(item) {
    const [section] = format.TYPES[item.type];
    const box = h('input', { type: 'checkbox', 'aria-label': `Select ${item.key}`, checked: selected.has(item.key), onchange: () => {
      if (box.checked) selected.add(item.key); else selected.delete(item.key);
      drawBulk();
    } });
    const href = page.path(section, item.key) + api.query({ environment: environment.id });
    const openRow = (/** @type {MouseEvent} */ event) => {
      if (event.target instanceof Element && !event.target.closest('a, input') && !getSelection()?.toString()) router.navigate(href);
    };
    return h('li', { class: 'item', onclick: openRow },
      h('span', { class: 'cell choose' }, page.may('publisher') && box),
      h('a', { class: 'cell key', 'data-row': item.key, href },
        h('span', { class: 'code' }, item.key), below(item)),
      stateCells(item.states, page),
      h('span', { class: 'cell use', title: item.lastEvaluatedAt === undefined ? '' : `Last evaluated ${format.ago(item.lastEvaluatedAt)}` }, item.sparkline && sparkline(item.sparkline, item.evaluations24h ?? 0)),
      h('span', { class: 'cell last faint', title: item.lastEvaluatedAt ? new Date(item.lastEvaluatedAt).toLocaleString() : '' },
        item.lastEvaluatedAt !== undefined && [h('span', { class: 'visually-hidden' }, 'Evaluated '), format.ago(item.lastEvaluatedAt)]),
      h('span', { class: 'cell changed faint', title: `${new Date(item.changedAt).toLocaleString()}${item.comment ? `: ${item.comment}` : ''}` },
        h('span', { class: 'visually-hidden' }, 'Changed '), format.ago(item.changedAt), ' ', h('span', { class: 'who' }, item.changedBy),
        item.comment && h('span', { class: 'comment' }, item.comment)));
  }

  /** Returns the kind of an item where the page shows several kinds. */
  const kindOf = (/** @type {Summary} */ item) => {
    const kind = place.page === 'flags' ? '' : item.kind.replace(/ ?config$/, '').replaceAll(' ', '_');
    return kind && `${format.VALUE_TYPES[kind] ?? item.kind} `;
  };

  /**
   * Returns the line below a key: kind, draft mark and tags.
   * @type {(item: Summary) => Child}
   */
  const below = (item) => (kindOf(item) || item.tags || keysWithDraft.has(item.key)) && h('span', { class: 'faint tiny' }, kindOf(item),
    keysWithDraft.has(item.key) && h('span', { class: 'tag drafted' }, 'draft'),
    item.tags && [h('span', { class: 'visually-hidden' }, ' tags: '), item.tags.map((tag) => h('span', { class: 'tag' }, tag))]);

  function drawBulk() {
    show(bulk, selected.size > 0 && [h('span', { class: 'small' }, `${selected.size} selected`),
      h('button', { type: 'button', class: 'danger', onclick: archive }, 'Archive'),
      h('button', { type: 'button', class: 'quiet', onclick: () => { selected.clear(); drawBulk(); draw(); } }, 'Clear selection')]);
  }

  async function archive() {
    const label = selected.size === 1 ? [...selected][0] : `${selected.size} ${kind.one}s`;
    const needsComment = project.environments.some((one) => one.needsComment);
    const needsApproval = project.environments.some((one) => one.needsApproval);
    /** @type {Promise<void>[]} */
    const refreshed = [];
    const act = async (/** @type {string} */ key, /** @type {string} */ comment) => {
      if (needsApproval) return api.put(page.api('items', key, 'draft'), { item: null, comment });
      await api.remove(page.api('items', key), { comment });
      refreshed.push(items.refresh(project.id, key));
    };
    const about = h('div', { class: 'stack' },
      h('p', null, 'Clients no longer receive them. You can restore them on the Archived page.'),
      needsApproval && h('p', { class: 'banner' }, 'Archiving requires approval. A draft is saved for each item.'));
    const done = await confirm(`Archive ${label}?`, about, needsApproval ? 'Save drafts' : 'Archive', async (comment) => {
      try {
        await forEachKey(selected, (key) => act(key, comment));
      } finally {
        await Promise.all(refreshed);
      }
    }, { isDanger: true, needsComment });
    drawBulk();
    draw();
    if (done) notify(needsApproval ? 'Drafts saved. They are waiting for approval.' : `Archived ${label}.`);
  }

  function draw(isTyping = false) {
    const all = [...(items.cached(project.id) ?? new Map()).values()].filter(isWanted);
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = filterItems(all, terms, environment.id, keysWithDraft);
    drawDrafts(all.filter((item) => keysWithDraft.has(item.key)).length);
    show(count, all.length ? `${found.length === all.length ? '' : `${found.length} of `}${all.length}` : '');
    if (!all.length) return show(body, empty());
    if (!found.length) return show(body, h('section', { class: 'empty' }, h('h2', null, `No results for “${search.value.trim()}”`), h('p', null, 'The filter searches keys, values, tags, kinds, the last comment, and names of people.')));
    if (!view.list.isConnected) show(body, h('div', { class: 'table' }, heads(project, environment), view.list));
    view.set(found, isTyping);
  }

  /** Shows how many items have a draft, with a button that finds them. */
  function drawDrafts(/** @type {number} */ drafts) {
    const filter = () => {
      search.value = search.value === 'draft' ? '' : 'draft';
      search.dispatchEvent(new Event('input'));
    };
    update(draftCount, drafts > 0 && h('button', { type: 'button', class: 'quiet', 'aria-pressed': search.value === 'draft', onclick: filter },
      `${drafts} ${drafts === 1 ? 'draft' : 'drafts'}`));
  }

  async function fetchDrafts() {
    /** @type {Draft[]} */
    const drafts = await api.get(page.api('drafts'));
    keysWithDraft = new Set(drafts.map((draft) => draft.key));
  }

  let frame = 0;
  /** Draws once for all events of an animation frame. */
  function drawSoon() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw());
  }
  page.onLeave(() => cancelAnimationFrame(frame));

  const empty = () => h('section', { class: 'empty' }, h('h2', null, `No ${kind.title.toLowerCase()} yet`), h('p', null, TEACH[place.page]),
    mayCreate && h('button', { type: 'button', class: 'main', onclick: createOne }, `Create ${kind.one}`));
  const mayCreate = page.mayEverywhere('publisher') && !['secrets', 'log-level-rules'].includes(place.page);
  const createOne = () => create(page, kind.types[0]);

  search.addEventListener('input', () => {
    typedSearch.set(place.page, search.value);
    rememberSearch(search.value.trim());
    scrollTo(0, 0);
    draw(true);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') { event.preventDefault(); view.focus(0); }
    if (event.key === 'Enter' && found.length) router.navigate(page.path(format.TYPES[found[0].type][0], found[0].key) + api.query({ environment: environment.id }));
  });
  view.list.addEventListener('above', () => search.focus());
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
    if (event.key === '/' && !typing) { event.preventDefault(); search.focus(); search.select(); }
  };
  document.addEventListener('keydown', onKey);
  page.onLeave(() => document.removeEventListener('keydown', onKey));

  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, kind.title), h('p', { class: 'about' }, kind.about)),
    mayCreate && h('button', { type: 'button', class: 'main', onclick: createOne }, `New ${kind.one}`)),
  h('div', { class: 'row finder' }, h('div', { class: 'finder-box' }, search, h('kbd', { 'aria-hidden': 'true' }, '/')), count, draftCount, bulk), body);
  if (items.cached(project.id)) draw();
  else show(body, h('p', { class: 'faint' }, 'Loading…'));
  page.listen(async (name, data) => {
    if (name === 'change') await items.refresh(project.id, data.key);
    else if (name === 'draft') keysWithDraft[data.savedBy ? 'add' : 'delete'](data.key);
    else if (name === 'reconnected') await Promise.all([items.fetchAll(project.id), fetchDrafts()]);
    else return;
    drawSoon();
  });
  fetchDrafts().then(() => { if (keysWithDraft.size) drawSoon(); });
  if (items.isFresh(project.id)) return;
  await items.fetchAll(project.id);
  draw();
  await items.fetchUsage(project.id);
  drawSoon();
}

/** @type {(project: Project, environment: Environment) => HTMLElement} */
function heads(project, environment) {
  return h('div', { class: 'heads', 'aria-hidden': 'true' }, h('span', { class: 'cell choose' }), h('span', { class: 'cell key' }, 'Key'),
    h('span', { class: 'cell states' }, h('span', { class: 'cell state current' }, environment.name), project.environments.length > 1 && h('span', { class: 'cell others' }, 'Others')),
    h('span', { class: 'cell use' }, 'Last 24 h'), h('span', { class: 'cell last' }, 'Evaluated'), h('span', { class: 'cell changed' }, 'Changed'));
}

/**
 * Keeps the filter in the address, so that a filtered list can be shared.
 * @type {(text: string) => void}
 */
function rememberSearch(text) {
  const url = new URL(location.href);
  if (text) url.searchParams.set('q', text);
  else url.searchParams.delete('q');
  history.replaceState(null, '', url.pathname + url.search);
  router.rememberLocation();
}
