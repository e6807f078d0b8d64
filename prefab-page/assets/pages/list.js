// The list of flags, configs and other items, with a filter and live updates.

import * as api from '../api.js';
import { field, h, notify, show, update } from '../dom.js';
import * as items from '../items.js';
import * as router from '../router.js';
import * as format from '../format.js';
import { icon } from '../icons.js';
import { confirm, dialog } from '../parts/dialog.js';
import { forEachKey } from '../parts/for-each-key.js';
import { bulkActions, rowSwitch } from '../parts/list-actions.js';
import { applyView, filterChips, filterMenu, ORDERS, remember, viewMenu, viewOf } from '../parts/list-filter.js';
import { columnWidths, COLUMNS, heads, row, shownColumns } from '../parts/list-row.js';
import { menu } from '../parts/menu.js';
import { select } from '../parts/select.js';
import { virtualList } from '../parts/virtual-list.js';

/** @type {Record<string, {icon: string, title: string, one: string, types: string[], about: string}>} */
const KINDS = {
  flags: { icon: 'flag', title: 'Flags', one: 'flag', types: ['feature_flag'], about: 'Turn features on or off, for everyone or a few.' },
  configs: { icon: 'config', title: 'Configs', one: 'config', types: ['config', 'limit_definition'], about: 'Values that running apps read by key.' },
  segments: { icon: 'segment', title: 'Segments', one: 'segment', types: ['segment'], about: 'Groups of users, defined once and used in many rules.' },
  schemas: { icon: 'braces', title: 'Schemas', one: 'schema', types: ['schema'], about: 'JSON Schemas that config values must match.' },
  secrets: { icon: 'lock', title: 'Secrets', one: 'secret', types: ['config'], about: 'Encrypted and confidential values. The page never shows them.' },
  'log-level-rules': { icon: 'levels', title: 'Log level rules', one: 'log level', types: ['log_level', 'log_level_v2'], about: 'The rules behind log levels.' },
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

const STORED_DISPLAY = 'prefab-list-display';
/** @type {{hidden: string[], isCompact: boolean}} */
const display = { hidden: [], isCompact: false, ...JSON.parse(localStorage.getItem(STORED_DISPLAY) ?? '{}') };

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  const { project, place, environment } = page;
  const kind = KINDS[place.page];
  document.title = `${kind.title} – Prefab`;
  /** @type {Set<string>} */
  const selected = new Set();
  /** @type {Summary[]} */
  let found = [];
  /** @type {Summary[]} */
  let all = [];
  /** Keys with a draft. */
  let keysWithDraft = new Set();
  const state = viewOf(place.query);
  let lastSelected = '';

  const isWanted = (/** @type {Summary} */ item) => kind.types.includes(item.type) && (place.page !== 'secrets' || item.isSecret);
  const search = h('input', { type: 'search', id: 'search', placeholder: 'Filter by key, value, tag…', 'aria-label': `Filter ${kind.title.toLowerCase()}`,
    autocomplete: 'off', spellcheck: 'false', value: state.q, 'aria-keyshortcuts': '/' });
  const count = h('span', { class: 'faint', role: 'status' });
  const [draftCount, chips, headRow] = [h('span'), h('span', { class: 'row' }), h('div')];
  const body = h('div', { class: 'stack' });
  const bulk = h('div', { class: 'bulk', role: 'group', 'aria-label': 'Selected items' });
  let columns = shownColumns(new Set(display.hidden), project);
  const view = virtualList((/** @type {Summary} */ item) => row(item, {
    page, columns, isCompact: display.isCompact, isSelected: (key) => selected.has(key), hasDraft: (key) => keysWithDraft.has(key), onSelect: selectRow,
    control: (one, current) => rowSwitch(page, one, current),
  }), () => (innerWidth <= 860 ? 68 : display.isCompact ? 32 : 46));
  page.onLeave(view.stop);
  const onResize = () => { layoutColumns(); draw(); };
  addEventListener('resize', onResize);
  page.onLeave(() => removeEventListener('resize', onResize));

  function layoutColumns() {
    // A column without any content is not worth its width.
    const empty = all.some((one) => one.tags?.length) ? [] : ['tags'];
    columns = shownColumns(new Set([...display.hidden, ...empty]), project);
    main.style.setProperty('--list-columns', columnWidths(columns));
  }

  /** @type {(key: string, isSelected: boolean, isRange: boolean) => void} */
  function selectRow(key, isSelected, isRange) {
    const keys = found.map((one) => one.key);
    const [from, to] = [keys.indexOf(lastSelected), keys.indexOf(key)].sort((left, right) => left - right);
    for (const one of isRange && from >= 0 ? keys.slice(from, to + 1) : [key]) selected[isSelected ? 'add' : 'delete'](one);
    lastSelected = key;
    if (isRange) draw();
    drawBulk();
  }

  function drawBulk() {
    const clear = () => { selected.clear(); drawBulk(); draw(); };
    show(bulk, selected.size > 0 && [h('span', null, `${selected.size} selected`),
      bulkActions(page, selected, { isFlags: place.page === 'flags', tags: () => [...new Set(all.flatMap((one) => one.tags ?? []))].sort(), onDone: clear }),
      h('button', { type: 'button', onclick: archive }, icon('archive'), 'Archive'),
      h('button', { type: 'button', class: 'icon', 'aria-label': 'Clear selection', onclick: clear }, icon('close'))]);
    drawHeads();
  }

  function drawHeads() {
    const box = h('input', { type: 'checkbox', 'aria-label': 'Select all', checked: found.length > 0 && selected.size === found.length, indeterminate: selected.size > 0 && selected.size < found.length, 'data-focus': 'all',
      onclick: () => {
        if (box.checked) for (const one of found) selected.add(one.key);
        else selected.clear();
        drawBulk();
        draw();
      } });
    show(headRow, heads(page, columns, state.sort, (sort) => { state.sort = sort; changeView(); }, page.may('publisher') && box));
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

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let remembering;
  page.onLeave(() => clearTimeout(remembering));
  const { pathname } = location;
  function rememberNow() {
    clearTimeout(remembering);
    // A field that is removed with its page also loses the focus.
    if (location.pathname === pathname) remember(state);
  }
  /** Applies the filters and the order, and keeps them in the address. */
  function changeView(isTyping = false) {
    state.q = search.value.trim();
    clearTimeout(remembering);
    // Writing the address takes milliseconds, so it waits until the user pauses.
    if (isTyping) remembering = setTimeout(rememberNow, 150);
    else rememberNow();
    if (scrollY) scrollTo(0, 0);
    draw(isTyping);
  }

  function draw(isTyping = false) {
    all = [...(items.cached(project.id) ?? new Map()).values()].filter(isWanted);
    if (!isTyping) layoutColumns();
    found = applyView(all, state, environment.id, keysWithDraft);
    drawDrafts(all.filter((item) => keysWithDraft.has(item.key)).length);
    show(count, all.length ? `${found.length === all.length ? '' : `${found.length} of `}${all.length}` : '');
    filterChips(chips, state, () => changeView());
    if (!all.length) return show(body, empty());
    if (!found.length) return show(body, noResults());
    if (!view.list.isConnected) show(body, h('div', { class: `table ${display.isCompact ? 'compact' : ''}` }, headRow, view.list));
    drawHeads();
    view.set(found, isTyping);
  }

  const noResults = () => h('section', { class: 'empty' }, icon('filter'), h('h2', null, state.q ? `No results for “${state.q}”` : 'No results'),
    h('p', null, 'The filter searches keys, values, tags, kinds, the last comment, and names of people.'),
    h('button', { type: 'button', onclick: () => {
      search.value = '';
      Object.assign(state, viewOf(new URLSearchParams()));
      changeView();
    } }, 'Clear filters'));

  /** Shows how many items have a draft, with a button that finds them. */
  function drawDrafts(/** @type {number} */ drafts) {
    const filter = () => {
      state.only = state.only === 'draft' ? '' : 'draft';
      changeView();
    };
    update(draftCount, (drafts > 0 || state.only === 'draft') && h('button', { type: 'button', class: 'quiet', 'aria-pressed': state.only === 'draft', onclick: filter },
      `${drafts} ${drafts === 1 ? 'draft' : 'drafts'}`));
  }

  const displayMenu = () => menu({ 'aria-label': 'Display' }, [icon('columns'), 'Display'], () => {
    const store = () => {
      localStorage.setItem(STORED_DISPLAY, JSON.stringify(display));
      layoutColumns();
      show(body);
      draw();
    };
    const box = (/** @type {string} */ text, /** @type {boolean} */ checked, /** @type {(isOn: boolean) => void} */ set) => {
      const input = h('input', { type: 'checkbox', checked, onchange: () => { set(input.checked); store(); } });
      return h('label', { class: 'check form' }, input, text);
    };
    return [
      h('div', { class: 'form' }, field('Sort by', select(Object.entries(ORDERS), state.sort, (sort) => { state.sort = sort; changeView(); }))),
      box('Compact rows', display.isCompact, (isOn) => { display.isCompact = isOn; }),
      h('div', { class: 'head' }, 'Columns'),
      ...COLUMNS.map(([name, text]) => box(text, !display.hidden.includes(name), (isOn) => { display.hidden = isOn ? display.hidden.filter((one) => one !== name) : [...display.hidden, name]; })),
    ];
  });

  /** @type {() => Promise<string | null>} */
  const askName = () => dialog('Save this view', (/** @type {(name: string | null) => void} */ close) => {
    const name = h('input', { required: true, maxlength: 40, name: 'view' });
    return h('form', { class: 'stack', onsubmit: (event) => { event.preventDefault(); close(name.value.trim()); } },
      field('Name', name, { hint: 'Saved in this browser. Share a view by its address.' }),
      h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Save'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
  });

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

  const empty = () => h('section', { class: 'empty' }, icon(kind.icon), h('h2', null, `No ${kind.title.toLowerCase()} yet`), h('p', null, TEACH[place.page]),
    mayCreate && h('button', { type: 'button', class: 'main', onclick: createOne }, `Create ${kind.one}`));
  const mayCreate = page.mayEverywhere('publisher') && !['secrets', 'log-level-rules'].includes(place.page);
  const createOne = async () => (await import('../parts/create.js')).create(page, kind.types[0]);

  search.addEventListener('input', () => changeView(true));
  search.addEventListener('blur', rememberNow);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') rememberNow();
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

  layoutColumns();
  show(main,
    h('div', { class: 'title' }, h('div', { class: 'row' }, h('h1', null, kind.title), count, h('span', { class: 'about wide' }, kind.about)),
      h('div', { class: 'row' }, viewMenu(place.page, askName),
        mayCreate && h('button', { type: 'button', class: 'main', onclick: createOne }, icon('plus'), `New ${kind.one}`))),
    h('div', { class: 'row finder' }, h('div', { class: 'finder-box' }, icon('search'), search, h('kbd', { 'aria-hidden': 'true' }, '/')),
      chips, filterMenu(state, () => all, place.page === 'flags', () => changeView()), draftCount, h('span', { class: 'spacer' }), displayMenu()),
    body, bulk);
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
