// The list of flags, configs and the other items: found by typing, opened by keyboard, alive.

import * as api from '../api.js';
import { h, show, tell } from '../dom.js';
import * as items from '../items.js';
import * as places from '../router.js';
import * as words from '../format.js';
import { create } from '../parts/create.js';
import { confirm } from '../parts/dialog.js';
import { each } from '../parts/for-each-key.js';
import { rows } from '../parts/virtual-list.js';
import { spark } from '../parts/sparkline.js';

/** @type {Record<string, {title: string, one: string, types: string[], about: string}>} */
const KINDS = {
  flags: { title: 'Flags', one: 'flag', types: ['feature_flag'], about: 'On or off, for whom, and how far.' },
  configs: { title: 'Configs', one: 'config', types: ['config', 'limit_definition'], about: 'Values that change while programs run.' },
  segments: { title: 'Segments', one: 'segment', types: ['segment'], about: 'Groups of users, named once and used in many rules.' },
  schemas: { title: 'Schemas', one: 'schema', types: ['schema'], about: 'What JSON values must look like.' },
  secrets: { title: 'Secrets', one: 'secret', types: ['config'], about: 'Encrypted and confidential values. They are never shown here.' },
  'log-level-rules': { title: 'Log level rules', one: 'log level', types: ['log_level', 'log_level_v2'], about: 'The rules behind the log levels.' },
};
/** @type {Record<string, string>} */
const TEACH = {
  flags: 'A flag turns a part of your program on or off, for everybody, for some, or for a share of your users. Make one, ask for it in your code, and turn it here.',
  configs: 'A config is a value your program asks for by name: a limit, a text, a time-out. Change it here and running programs have it within a second.',
  segments: 'A segment names a group, such as “our own people”, by rules. Flags then say “in segment …” and all of them follow when the segment changes.',
  schemas: 'A schema is checked at every change of the configs that name it, so that a broken value is never published.',
  secrets: 'Make a config, and mark its value as confidential, or encrypt it with the command: prefab secrets.',
  'log-level-rules': 'Set a level on the page “Log levels”; its rules appear here.',
};

const typedSearch = new Map();

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function list(main, known) {
  const { project, place, environment } = known;
  const kind = KINDS[place.page];
  document.title = `${kind.title} – Prefab`;
  /** @type {Set<string>} */
  const chosen = new Set();
  /** @type {Summary[]} */
  let found = [];
  /** Keys with a draft that waits. */
  let drafted = new Set();

  const isWanted = (/** @type {Summary} */ item) => kind.types.includes(item.type) && (place.page !== 'secrets' || item.isSecret);
  const search = h('input', { type: 'search', id: 'search', placeholder: 'Search keys, values, tags, comments', 'aria-label': `Search ${kind.title.toLowerCase()}`,
    autocomplete: 'off', spellcheck: 'false', value: typedSearch.get(place.page) ?? '', 'aria-keyshortcuts': '/' });
  const count = h('span', { class: 'faint small', role: 'status' });
  const body = h('div', { class: 'stack' });
  const bulk = h('div', { class: 'row bulk' });
  const view = rows((/** @type {Summary} */ item) => row(item), () => (innerWidth < 860 ? 68 : 48));
  known.onLeave(view.stop);

  /** @param {Summary} item */
  function row(item) {
    const [page] = words.TYPES[item.type];
    const box = h('input', { type: 'checkbox', 'aria-label': `Choose ${item.key}`, checked: chosen.has(item.key), onchange: () => {
      if (box.checked) chosen.add(item.key); else chosen.delete(item.key);
      drawBulk();
    } });
    const states = item.states.map((state) => h('span', { class: `cell state${state.environment === environment.id ? ' current' : ''}` }, chip(state, project)));
    return h('li', { class: 'item' },
      h('span', { class: 'cell choose' }, known.may('publisher') && box),
      h('a', { class: 'cell key', 'data-row': item.key, href: known.path(page, item.key) + api.query({ environment: environment.id }) },
        h('span', { class: 'code' }, item.key), below(item)),
      h('span', { class: 'cell states' }, states),
      h('span', { class: 'cell use', title: item.lastEvaluatedAt === undefined ? '' : `Last evaluated: ${words.ago(item.lastEvaluatedAt)}` }, item.sparkline && spark(item.sparkline, item.evaluations24h ?? 0)),
      h('span', { class: 'cell last faint', title: item.lastEvaluatedAt ? new Date(item.lastEvaluatedAt).toLocaleString() : '' },
        item.lastEvaluatedAt !== undefined && [h('span', { class: 'unseen' }, 'Evaluated '), words.ago(item.lastEvaluatedAt)]),
      h('span', { class: 'cell changed faint', title: `${new Date(item.changedAt).toLocaleString()}${item.comment ? `: ${item.comment}` : ''}` },
        h('span', { class: 'unseen' }, 'Changed '), words.ago(item.changedAt), ' ', h('span', { class: 'who' }, item.changedBy),
        item.comment && h('span', { class: 'comment' }, item.comment)));
  }

  /**
   * What stands below a key: its kind, where that is not the same for all, and its tags.
   * @type {(item: Summary) => Child}
   */
  const below = (item) => (place.page !== 'flags' || item.tags || drafted.has(item.key)) && h('span', { class: 'faint tiny' }, place.page !== 'flags' && item.kind,
    drafted.has(item.key) && h('span', { class: 'tag drafted' }, 'draft'),
    item.tags && [h('span', { class: 'unseen' }, ' tags: '), item.tags.map((tag) => h('span', { class: 'tag' }, tag))]);

  function drawBulk() {
    show(bulk, chosen.size > 0 && [h('span', { class: 'small' }, `${chosen.size} chosen`),
      h('button', { type: 'button', class: 'danger', onclick: archive }, 'Archive'),
      h('button', { type: 'button', class: 'quiet', onclick: () => { chosen.clear(); drawBulk(); draw(); } }, 'Choose none')]);
  }

  async function archive() {
    const keys = [...chosen];
    const needsComment = project.environments.some((one) => one.needsComment);
    const done = await confirm(`Archive ${keys.length === 1 ? keys[0] : `${keys.length} ${kind.one}s`}?`,
      h('p', null, 'Clients no longer get them. They can be restored from the page “Archived”.'), 'Archive', async (comment) => {
        /** @type {Promise<void>[]} */
        const taken = [];
        try {
          await each(chosen, async (key) => {
            await api.remove(known.api('items', key), { comment });
            taken.push(items.refresh(project.id, key));
          });
        } finally {
          await Promise.all(taken);
        }
      }, { isDanger: true, needsComment });
    drawBulk();
    draw();
    if (done) tell(`Archived ${keys.length === 1 ? keys[0] : `${keys.length} ${kind.one}s`}.`);
  }

  function draw(isTyping = false) {
    const all = [...(items.known(project.id) ?? new Map()).values()].filter(isWanted);
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = terms.length ? all.filter((item) => terms.every((term) => item.hay.includes(term))) : all;
    show(count, all.length ? `${found.length === all.length ? '' : `${found.length} of `}${all.length}` : '');
    if (!all.length) return show(body, empty());
    if (!found.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'Nothing has that in it'), h('p', null, 'Keys, values, tags, the comment on the last change, kinds and names of people are searched.')));
    if (!view.list.isConnected) show(body, h('div', { class: 'table' }, heads(project, environment), view.list));
    view.set(found, isTyping);
  }

  async function fetchDrafts() {
    /** @type {Draft[]} */
    const drafts = await api.get(known.api('drafts'));
    drafted = new Set(drafts.map((draft) => draft.key));
  }

  let drawing = 0;
  /** Draws once for all that happens at about the same time. */
  function drawSoon() {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => draw());
  }
  known.onLeave(() => cancelAnimationFrame(drawing));

  const empty = () => h('section', { class: 'empty' }, h('h2', null, `No ${kind.title.toLowerCase()} yet`), h('p', null, TEACH[place.page]),
    makes && h('button', { type: 'button', class: 'main', onclick: make }, `Make the first ${kind.one}`));
  const makes = known.may('publisher') && !['secrets', 'log-level-rules'].includes(place.page);
  const make = () => create(known, kind.types[0]);

  search.addEventListener('input', () => {
    typedSearch.set(place.page, search.value);
    scrollTo(0, 0);
    draw(true);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') { event.preventDefault(); view.focus(0); }
    if (event.key === 'Enter' && found.length) places.go(known.path(words.TYPES[found[0].type][0], found[0].key) + api.query({ environment: environment.id }));
  });
  view.list.addEventListener('above', () => search.focus());
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
    if (event.key === '/' && !typing) { event.preventDefault(); search.focus(); search.select(); }
  };
  document.addEventListener('keydown', onKey);
  known.onLeave(() => document.removeEventListener('keydown', onKey));

  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, kind.title), h('p', { class: 'about' }, kind.about)),
    makes && h('button', { type: 'button', class: 'main', onclick: make }, `New ${kind.one}`)),
  h('div', { class: 'row finder' }, h('div', { class: 'finder-box' }, search, h('kbd', { 'aria-hidden': 'true' }, '/')), count, bulk), body);
  if (items.known(project.id)) draw();
  else show(body, h('p', { class: 'faint' }, 'Fetching …'));
  known.listen(async (name, data) => {
    if (name === 'change') await items.refresh(project.id, data.key);
    else if (name === 'draft') drafted[data.savedBy ? 'add' : 'delete'](data.key);
    else if (name === 'again') await Promise.all([items.fetchAll(project.id), fetchDrafts()]);
    else return;
    drawSoon();
  });
  fetchDrafts().then(() => { if (drafted.size) drawSoon(); });
  if (items.isFresh(project.id)) return;
  await items.fetchAll(project.id);
  draw();
  await items.fetchUsage(project.id);
  drawSoon();
}

/** @type {(project: Project, environment: Environment) => HTMLElement} */
function heads(project, environment) {
  return h('div', { class: 'heads', 'aria-hidden': 'true' }, h('span', { class: 'cell choose' }), h('span', { class: 'cell key' }, 'Key'),
    h('span', { class: 'cell states' }, project.environments.map((one) =>
      h('span', { class: `cell state${one.id === environment.id ? ' current' : ''}` }, one.name))),
    h('span', { class: 'cell use' }, '24 hours'), h('span', { class: 'cell last' }, 'Evaluated'), h('span', { class: 'cell changed' }, 'Changed'));
}

/** @type {(state: State, project: Project) => HTMLElement} */
function chip(state, project) {
  const name = project.environments.find((one) => one.id === state.environment)?.name;
  const kind = state.value === 'true' ? 'on' : state.value === 'false' ? '' : / % /.test(state.value) ? 'split' : 'text';
  const share = /(?:^|, )([\d.]+ %) true/.exec(state.value)?.[1];
  const said = state.value === 'true' ? 'on' : state.value === 'false' ? 'off' : kind === 'split' && share ? `${share} on` : state.value;
  const more = state.targeted ? ` + ${state.targeted}` : '';
  return h('span', { class: `chip ${kind}`, title: `${name}: ${state.value}${state.targeted ? `, and ${state.targeted} rules before it` : ''}` },
    h('span', { class: 'unseen' }, `${name}: `), said, more && h('span', { class: 'more' }, more));
}
