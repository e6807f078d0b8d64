// The tree of loggers with what they print; a level for a part of it, for everybody or for some, for a time.

import * as api from '../api.js';
import { field, h, show, table } from '../dom.js';
import * as items from '../items.js';
import { ago, LEVELS, number } from '../format.js';
import { confirm, dialog } from '../parts/dialog.js';
import { spread } from '../parts/publish.js';
import { listInput, select } from '../parts/value.js';

/**
 * A logger and those below it.
 *
 * @typedef {object} Logger
 * @property {string} path
 * @property {string} name the last part of the path
 * @property {Logger[]} children
 * @property {LoggerLevels | null} level
 * @property {Record<string, number> | null} counts
 * @property {number} total
 * @property {number} below with all below it
 * @property {number} lastAt
 */

const LOOK_EVERY = 5000;
const TIMES = [['', 'for good'], ['15m', '15 minutes'], ['1h', '1 hour'], ['8h', '8 hours'], ['24h', '1 day'], ['168h', '1 week']];

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Log levels – Prefab';
  const { environment, project } = known;
  const search = h('input', { type: 'search', placeholder: 'Search loggers', 'aria-label': 'Search loggers', oninput: () => draw() });
  const body = h('div', { class: 'stack' });
  const news = h('div');
  const closed = new Set();
  /** @type {LoggerCounts[]} */
  let loggers = [];
  /** @type {LoggerLevels[]} */
  let levels = [];
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'Log levels'), h('p', { class: 'about' }, `What programs in ${environment.name} print. A level holds for a logger and all below it; the nearest one counts.`)),
    known.may('publisher') && h('button', { type: 'button', class: 'main', onclick: () => set('') }, 'Set a level')), news, search, body);

  async function fetchAll() {
    [loggers, levels] = await Promise.all([api.get(known.api('loggers') + api.query({ environment: environment.id })), api.get(known.api('log-levels'))]);
    draw();
  }

  /** Joins loggers and levels to a tree of dotted names. */
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
    const wanted = search.value.toLowerCase();
    const root = tree();
    /** @type {{node: Logger, depth: number}[]} */
    const rows = [];
    /** @type {(node: Logger, depth: number) => void} */
    const walk = (node, depth) => {
      if (node.path || node.level) rows.push({ node, depth });
      if (!wanted && closed.has(node.path)) return;
      node.children.forEach((child) => walk(child, node.path ? depth + 1 : depth));
    };
    walk(root, 0);
    const found = rows.filter(({ node }) => !wanted || node.path.toLowerCase().includes(wanted));
    if (!rows.length) return show(body, h('section', { class: 'empty' }, h('h2', null, 'No logger has reported yet'), h('p', null, 'Programs whose logging is wired to Prefab report their loggers within a minute. A level can be set before.')));
    show(body, h('div', { class: 'scroll' }, table({ class: 'loggers' }, h('thead', null, h('tr', null, ['Logger', 'Level', 'Lines', 'Last seen', ''].map((name) => h('th', { class: name === 'Lines' ? 'number' : null, scope: 'col' }, name || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, found.map(({ node, depth }) => row(node, wanted ? 0 : depth, wanted))))));
  }

  /** @type {(node: Logger, depth: number, wanted: string) => HTMLElement} */
  function row(node, depth, wanted) {
    const own = (node.level?.levels ?? []).filter((one) => !one.environment || one.environment === environment.id);
    const leaf = h('span', { class: 'leaf' }, node.children.length > 0 && !wanted && h('button', { type: 'button', class: 'quiet icon', 'aria-expanded': !closed.has(node.path), 'aria-label': `What is below ${node.path}`, 'data-focus': `open-${node.path}`,
      onclick: () => { if (!closed.delete(node.path)) closed.add(node.path); draw(); } }, closed.has(node.path) ? '▸' : '▾'),
    h('span', { class: 'code' }, node.path ? (wanted ? node.path : node.name) : 'all loggers'));
    leaf.style.paddingLeft = `${depth * 20 + (node.children.length && !wanted ? 0 : 32)}px`;
    const counted = node.counts ?? {};
    const counts = LEVELS.map((level) => ({ level, count: counted[level.toLowerCase()] })).filter(({ count }) => count).map(({ level, count }) => `${level} ${number(count)}`).join(' · ');
    return h('tr', null, h('td', null, leaf), h('td', null, h('ul', { class: 'stack tight' }, own.map((one) => level(node, one)))),
      h('td', { class: 'number', title: counts || '' }, node.below ? number(node.below) : '–', counts && h('span', { class: 'faint tiny block' }, counts)), h('td', { class: 'time' }, node.lastAt ? ago(node.lastAt) : '–'),
      h('td', null, known.may('publisher') && h('button', { type: 'button', 'aria-label': `Set the level of ${node.path || 'all loggers'}`, 'data-focus': `set-${node.path}`, onclick: () => set(node.path) }, 'Set')));
  }

  /** @type {(node: Logger, one: Level) => HTMLElement} */
  function level(node, one) {
    const { property, values, segment } = one.for ?? {};
    const whose = segment ? h('span', { class: 'small' }, 'in segment ', h('a', { class: 'code', href: known.path('segments', segment) }, segment))
      : (property || one.when) && h('span', { class: 'small' }, property ? `where ${property} is ${values?.join(', ')}` : `where ${one.when}`);
    return h('li', { class: 'row' }, h('span', { class: `chip ${one.level === 'DEBUG' || one.level === 'TRACE' ? 'split' : one.level === 'ERROR' || one.level === 'FATAL' ? 'bad' : 'on'}` }, one.level ?? 'by rules'),
      whose, !one.environment && h('span', { class: 'small faint' }, 'all environments'),
      one.expiresAt && h('span', { class: 'chip warn', title: new Date(one.expiresAt).toLocaleString() }, `ends ${ago(one.expiresAt)}`),
      known.may('publisher') && (one.for || !one.when) && h('button', { type: 'button', class: 'quiet', 'aria-label': `Remove ${one.level} of ${node.path}`, 'data-focus': `remove-${node.path}-${JSON.stringify([one.environment, one.for])}`, onclick: () => remove(node, one) }, 'Remove'));
  }

  /** @type {(node: Logger, one: Level) => Promise<void>} */
  async function remove(node, one) {
    const done = await confirm(`Remove ${one.level} of ${node.path}?`, h('p', null, 'The next level above it holds then.'), 'Remove', (comment) => api.remove(known.api('log-levels', node.path) +
      api.query({ environment: one.environment, property: one.for?.property, values: one.for?.values?.join(','), segment: one.for?.segment, comment })), { isDanger: true });
    if (done) await fetchAll();
  }

  /** @type {(path: string) => Promise<void>} */
  async function set(path) {
    const segments = await items.keysOf(project.id, 'segment');
    const names = [...new Set([...loggers.map((one) => one.name), ...levels.map((one) => one.path)])];
    const done = await dialog('Set a level', (/** @type {(done: {id: string, said: string, only?: string[]} | null) => void} */ close) => {
      /** @type {{level: string, environment: string, whom: string, property: string, values: string[], segment: string, expiresIn: string}} */
      const wish = { level: 'DEBUG', environment: environment.id, whom: 'all', property: 'user.key', values: [], segment: segments[0] ?? '', expiresIn: '' };
      const logger = h('input', { value: path, list: 'known-loggers', required: true, class: 'code', autocomplete: 'off', spellcheck: 'false', name: 'logger' });
      const whose = h('div');
      const drawWhose = () => show(whose, wish.whom === 'some' && h('div', { class: 'row' }, field('Property', h('input', { value: wish.property, class: 'code', oninput: (event) => { wish.property = event.target.value.trim(); } })),
        field('Is one of', listInput(wish.values, (list) => { wish.values = list; }))),
      wish.whom === 'segment' && (segments.length ? field('Segment', select(segments.map((key) => [key, key]), wish.segment, (next) => { wish.segment = next; }))
        : h('p', { class: 'hint' }, 'There is no segment yet. ', h('a', { href: known.path('segments') }, 'Make one'), ', and come back.')));
      drawWhose();
      const comment = h('input', { name: 'comment', required: environment.needsComment });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        show(wrong);
        if (wish.whom === 'some' && !wish.values.length) return show(wrong, 'Name at least one value, and press Enter.');
        if (wish.whom === 'segment' && !wish.segment) return show(wrong, 'Without a segment there is nobody for whom it could hold.');
        try {
          /** @type {{level: string, comment: string, environment?: string, expiresIn?: string, for?: Whose}} */
          const body = { level: wish.level, comment: comment.value, environment: wish.environment || undefined, expiresIn: wish.expiresIn || undefined };
          if (wish.whom === 'some') body.for = { property: wish.property, values: wish.values };
          if (wish.whom === 'segment') body.for = { segment: wish.segment };
          const name = logger.value.trim();
          /** @type {{id: string}} */
          const { id } = await api.put(known.api('log-levels', name), body);
          close({ id, said: `${name} is set to ${wish.level}.`, only: wish.environment ? [wish.environment] : undefined });
        } catch (error) {
          show(wrong, error.message);
        }
      } }, field('Logger', logger, { hint: 'With all loggers below it.' }), h('datalist', { id: 'known-loggers' }, names.map((name) => h('option', { value: name }))),
      h('div', { class: 'row bottom' }, field('Level', select(LEVELS.map((one) => [one, one]), wish.level, (next) => { wish.level = next; })),
        field('Environment', select([['', 'all'], ...project.environments.map((one) => [one.id, one.name])], wish.environment, (next) => { wish.environment = next; })),
        field('How long', select(TIMES, '', (next) => { wish.expiresIn = next; }))),
      field('For whom', select([['all', 'everybody'], ['some', 'some, by a property'], ['segment', 'those in a segment']], 'all', (next) => { wish.whom = next; drawWhose(); })), whose,
      field(environment.needsComment ? 'Comment' : 'Comment (optional)', comment), wrong,
      h('div', { class: 'row' }, h('button', { type: 'submit', class: 'main' }, 'Set the level'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!done) return;
    const banner = h('div', { class: 'banner info', role: 'status' }, spread(known, done.id, done.said, done.only), h('button', { type: 'button', class: 'quiet', onclick: () => { banner.remove(); } }, 'Close'));
    show(news, banner);
    await fetchAll();
  }

  // What is printed is reported every few seconds, without a word in the stream of events.
  const looking = setInterval(() => { if (!document.hidden && !document.querySelector('dialog[open]')) fetchAll(); }, LOOK_EVERY);
  known.onLeave(() => clearInterval(looking));
  known.listen((name, data) => { if (name === 'again' || (name === 'change' && data.type.startsWith('log_level'))) fetchAll(); });
  await fetchAll();
}
