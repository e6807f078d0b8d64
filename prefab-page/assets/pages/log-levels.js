// The tree of loggers with their message counts and levels. A level can apply to some contexts and expire.

import * as api from '../api.js';
import { field, h, show, table, update, withCode } from '../dom.js';
import * as items from '../items.js';
import { ago, LEVELS, number } from '../format.js';
import { confirm, dialog } from '../parts/dialog.js';
import { parseDuration } from '../parts/duration.js';
import { rolloutProgress } from '../parts/publish.js';
import { listInput, select } from '../parts/value.js';

/**
 * A logger and its children.
 *
 * @typedef {object} Logger
 * @property {string} path
 * @property {string} name the last part of the path
 * @property {Logger[]} children
 * @property {LoggerLevels | null} level
 * @property {Record<string, number> | null} counts
 * @property {number} total
 * @property {number} below messages of the logger and its children
 * @property {number} lastAt
 */

const POLL_INTERVAL_MS = 5000;
const TIMES = [['15m', '15 min'], ['30m', '30 min'], ['1h', '1 h'], ['8h', '8 h'], ['24h', '1 day'], ['168h', '1 week'], ['custom', 'Custom…'], ['', 'No expiry']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Log levels – Prefab';
  const { environment, project } = page;
  const search = h('input', { type: 'search', placeholder: 'Filter loggers', 'aria-label': 'Filter loggers', oninput: () => draw() });
  const body = h('div', { class: 'stack' });
  const notices = h('div');
  const closed = new Set();
  /** @type {LoggerCounts[]} */
  let loggers = [];
  /** @type {LoggerLevels[]} */
  let levels = [];
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Log levels'), h('p', { class: 'about' }, `Levels in ${environment.name}. A level applies to a logger and its children.`)),
    page.may('publisher') && h('button', { type: 'button', class: 'main', onclick: () => set('') }, 'Set level')), notices, search, body);

  async function fetchAll() {
    [loggers, levels] = await Promise.all([api.get(page.api('loggers') + api.query({ environment: environment.id })), api.get(page.api('log-levels'))]);
    draw();
  }

  /** Combines loggers and levels in a tree of dotted names. */
  function tree() {
    /** @type {Map<string, Logger>} */
    const nodes = new Map();
    /** @type {(path: string) => Logger} */
    const node = (path) => {
      const found = nodes.get(path);
      if (found) return found;
      /** @type {Logger} */
      const made = { path, name: path.split('.').at(-1) ?? '', children: [], level: null, counts: null, total: 0, below: 0, lastAt: 0 };
      nodes.set(path, made);
      const cut = path.lastIndexOf('.');
      if (path) node(cut < 0 ? '' : path.slice(0, cut)).children.push(made);
      return made;
    };
    const root = node('');
    for (const one of levels) node(one.path).level = one;
    for (const one of loggers) Object.assign(node(one.name), { counts: one.counts, total: one.total, lastAt: one.lastAt });
    /** @type {(one: Logger) => number} */
    const sum = (one) => {
      one.children.sort((left, right) => left.name.localeCompare(right.name));
      one.below = one.total + one.children.reduce((all, child) => all + sum(child), 0);
      return one.below;
    };
    sum(root);
    return root;
  }

  function draw() {
    const query = search.value.toLowerCase();
    const root = tree();
    /** @type {{node: Logger, depth: number}[]} */
    const rows = [];
    /** @type {(node: Logger, depth: number) => void} */
    const walk = (node, depth) => {
      if (node.path || node.level) rows.push({ node, depth });
      if (!query && closed.has(node.path)) return;
      node.children.forEach((child) => walk(child, node.path ? depth + 1 : depth));
    };
    walk(root, 0);
    const found = rows.filter(({ node }) => !query || node.path.toLowerCase().includes(query));
    if (!rows.length) return update(body, h('section', { class: 'empty' }, h('h2', null, 'No loggers yet'), h('p', null, 'Apps that log through Prefab report their loggers within a minute. You can set a level before that.')));
    update(body, h('div', { class: 'scroll' }, table({ class: 'loggers' }, h('thead', null, h('tr', null, ['Logger', 'Level', 'Messages', 'Last seen', ''].map((name) => h('th', { class: name === 'Messages' ? 'number' : null, scope: 'col' }, name || h('span', { class: 'visually-hidden' }, 'Actions'))))),
      h('tbody', null, found.map(({ node, depth }) => row(node, query ? 0 : depth, query))))));
  }

  /** @type {(node: Logger, depth: number, query: string) => HTMLElement} */
  function row(node, depth, query) {
    const own = (node.level?.levels ?? []).filter((one) => !one.environment || one.environment === environment.id);
    const leaf = h('span', { class: 'leaf' }, node.children.length > 0 && !query && h('button', { type: 'button', class: 'quiet icon', 'aria-expanded': !closed.has(node.path), 'aria-label': `Children of ${node.path}`, 'data-focus': `open-${node.path}`,
      onclick: () => { if (!closed.delete(node.path)) closed.add(node.path); draw(); } }, closed.has(node.path) ? '▸' : '▾'),
    h('span', { class: 'code' }, node.path ? (query ? node.path : node.name) : 'Root'));
    leaf.style.paddingLeft = `${depth * 20 + (node.children.length && !query ? 0 : 32)}px`;
    const counted = node.counts ?? {};
    const counts = LEVELS.map((level) => ({ level, count: counted[level.toLowerCase()] })).filter(({ count }) => count).map(({ level, count }) => `${level} ${number(count)}`).join(' · ');
    return h('tr', { 'data-key': node.path }, h('td', null, leaf), h('td', null, own.length > 0 && h('ul', { class: 'stack tight' }, own.map((one) => level(node, one))), own.every((one) => one.for || one.when) && inherited(node.path)),
      h('td', { class: 'number', title: counts || '' }, node.below ? number(node.below) : '–', counts && h('span', { class: 'faint tiny block' }, counts)), h('td', { class: 'time' }, node.lastAt ? ago(node.lastAt) : '–'),
      h('td', null, page.may('publisher') && h('button', { type: 'button', 'aria-label': `Set level of ${node.path || 'Root'}`, 'data-focus': `set-${node.path}`, onclick: () => set(node.path) }, 'Set')));
  }

  /**
   * Returns the level that a logger inherits, with the logger it comes from.
   * @type {(path: string) => Child}
   */
  function inherited(path) {
    for (let parent = path; parent;) {
      parent = parent.slice(0, Math.max(0, parent.lastIndexOf('.')));
      const all = levels.find((one) => one.path === parent)?.levels.filter((one) => !one.for && !one.when) ?? [];
      const found = all.find((one) => one.environment === environment.id) ?? all.find((one) => !one.environment);
      if (found) return h('span', { class: 'small faint' }, `${found.level} from ${parent || 'Root'}`);
    }
    return h('span', { class: 'small faint' }, 'Default of the app');
  }

  /** @type {(node: Logger, one: Level) => HTMLElement} */
  function level(node, one) {
    const { property, values, segment } = one.for ?? {};
    const targetFields = segment ? h('span', { class: 'small' }, 'in segment ', h('a', { class: 'code', href: page.path('segments', segment) }, segment))
      : (property || one.when) && h('span', { class: 'small' }, property ? `where ${property} is ${values?.join(', ')}` : `where ${one.when}`);
    return h('li', { class: 'row' }, h('span', { class: `chip level ${(one.level ?? 'rules').toLowerCase()}` }, one.level ?? 'rules'),
      targetFields, !one.environment && h('span', { class: 'small faint' }, 'all environments'),
      one.expiresAt && h('span', { class: 'chip warn', title: new Date(one.expiresAt).toLocaleString() }, `expires ${ago(one.expiresAt)}`),
      (one.environment ? page.may('publisher', one.environment) : page.mayEverywhere('publisher')) && (one.for || !one.when) && h('button', { type: 'button', class: 'quiet', 'aria-label': `Remove ${one.level} of ${node.path}`, 'data-focus': `remove-${node.path}-${JSON.stringify([one.environment, one.for])}`, onclick: () => remove(node, one) }, 'Remove'));
  }

  /** @type {(node: Logger, one: Level) => Promise<void>} */
  async function remove(node, one) {
    const done = await confirm(`Remove ${one.level} of ${node.path}?`, h('p', null, 'The logger then inherits its level from its parent.'), 'Remove', (comment) => api.remove(page.api('log-levels', node.path) +
      api.query({ environment: one.environment, property: one.for?.property, values: one.for?.values?.join(','), segment: one.for?.segment, comment })), { isDanger: true });
    if (done) await fetchAll();
  }

  /** @type {(path: string) => Promise<void>} */
  async function set(path) {
    const segments = await items.keysOf(project.id, 'segment');
    const names = [...new Set([...loggers.map((one) => one.name), ...levels.map((one) => one.path)])];
    const done = await dialog('Set level', (/** @type {(done: {id: string, text: string, only?: string[]} | null) => void} */ close) => {
      /** @type {{level: string, environment: string, target: string, property: string, values: string[], segment: string, expiresIn: string}} */
      const form = { level: 'DEBUG', environment: environment.id, target: 'all', property: 'user.key', values: [], segment: segments[0] ?? '', expiresIn: '1h' };
      const logger = h('input', { value: path, list: 'known-loggers', required: true, class: 'code', autocomplete: 'off', spellcheck: 'false', name: 'logger' });
      const targetFields = h('div');
      const drawTarget = () => show(targetFields, form.target === 'some' && h('div', { class: 'row' }, field('Property', h('input', { value: form.property, class: 'code', oninput: (event) => { form.property = event.target.value.trim(); } })),
        field('Is one of', listInput(form.values, (list) => { form.values = list; }))),
      form.target === 'segment' && (segments.length ? field('Segment', select(segments.map((key) => [key, key]), form.segment, (next) => { form.segment = next; }))
        : h('p', { class: 'hint' }, 'No segments yet. ', h('a', { href: page.path('segments') }, 'Create a segment'), ' first.')));
      drawTarget();
      const length = h('input', { placeholder: '45 min', autocomplete: 'off', value: '45 min' });
      const custom = h('div', { hidden: true }, field('Duration', length, { hint: 'For example 45 min, 2 h or 3 days.' }));
      const comment = h('input', { name: 'comment', required: environment.needsComment });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        show(wrong);
        if (form.target === 'some' && !form.values.length) return show(wrong, 'Add at least one value.');
        if (form.target === 'segment' && !form.segment) return show(wrong, 'Select a segment.');
        if (form.expiresIn === 'custom' && !goDuration(length.value)) return show(wrong, 'Enter a duration such as 45 min, 2 h or 3 days.');
        try {
          /** @type {{level: string, comment: string, environment?: string, expiresIn?: string, for?: Whose}} */
          const body = { level: form.level, comment: comment.value, environment: form.environment || undefined, expiresIn: (form.expiresIn === 'custom' ? goDuration(length.value) : form.expiresIn) || undefined };
          if (form.target === 'some') body.for = { property: form.property, values: form.values };
          if (form.target === 'segment') body.for = { segment: form.segment };
          const name = logger.value.trim();
          /** @type {{id: string}} */
          const { id } = await api.put(page.api('log-levels', name), body);
          close({ id, text: `${name} set to ${form.level}.`, only: form.environment ? [form.environment] : undefined });
        } catch (error) {
          show(wrong, error.code === 'needs_approval' ? 'This environment requires approval, and log levels cannot be saved as drafts.' : withCode(error.message));
        }
      } }, field('Logger', logger, { hint: 'Also applies to its children.' }), h('datalist', { id: 'known-loggers' }, names.map((name) => h('option', { value: name }))),
      h('div', { class: 'row bottom' }, field('Level', select(LEVELS.map((one) => [one, one]), form.level, (next) => { form.level = next; })),
        field('Environment', select([['', 'All environments'], ...project.environments.map((one) => [one.id, one.name])], form.environment, (next) => { form.environment = next; })),
        field('For', select(TIMES, form.expiresIn, (next) => { form.expiresIn = next; custom.hidden = next !== 'custom'; }))),
      field('Applies to', select([['all', 'Everything'], ['some', 'Specific contexts'], ['segment', 'Segment']], 'all', (next) => { form.target = next; drawTarget(); })), targetFields, custom,
      field(environment.needsComment ? 'Comment' : 'Comment (optional)', comment), wrong,
      h('div', { class: 'row' }, h('button', { type: 'submit', class: 'main' }, 'Set level'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!done) return;
    const banner = h('div', { class: 'banner info', role: 'status' }, rolloutProgress(page, done.id, done.text, done.only), h('button', { type: 'button', class: 'quiet', onclick: () => { banner.remove(); } }, 'Close'));
    show(notices, banner);
    await fetchAll();
  }

  // The event stream does not report message counts, so they are polled.
  const polling = setInterval(() => { if (!document.hidden && !document.querySelector('dialog[open]')) fetchAll(); }, POLL_INTERVAL_MS);
  page.onLeave(() => clearInterval(polling));
  page.listen((name, data) => { if (name === 'reconnected' || (name === 'change' && data.type.startsWith('log_level'))) fetchAll(); });
  await fetchAll();
}

/**
 * Returns a duration in the form of the log level endpoint, `90m` for `1 h 30 min`, or an empty text.
 * @type {(text: string) => string}
 */
function goDuration(text) {
  const parts = /^P(?:(\d+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(parseDuration(text));
  if (!parts) return '';
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = Math.round(((days * 24 + hours) * 60 + minutes) + seconds / 60);
  return total > 0 ? `${total}m` : '';
}
