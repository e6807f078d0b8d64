// What stands around every page: where one can go, which environment one looks at, who one is.

import * as api from '../api.js';
import { h, show, svg } from '../dom.js';
import * as places from '../router.js';

/** @type {[string, [page: string, name: string][]][]} */
const GROUPS = [
  ['', [['start', 'Start']]],
  ['Values', [['flags', 'Flags'], ['configs', 'Configs'], ['segments', 'Segments'], ['secrets', 'Secrets'], ['schemas', 'Schemas']]],
  ['Running', [['log-levels', 'Log levels'], ['playground', 'Playground'], ['evaluations', 'Evaluations'], ['contexts', 'Contexts'], ['health', 'Health']]],
  ['Project', [['audit', 'Audit'], ['archived', 'Archived'], ['environments', 'Environments'], ['people', 'People'], ['keys', 'API keys'], ['transfer', 'Import, export']]],
];

/** Our sign. */
export const mark = () => svg('svg', { viewBox: '0 0 32 32', width: 24, height: 24, 'aria-hidden': 'true' },
  svg('rect', { x: 2, y: 2, width: 28, height: 28, rx: 7, class: 'mark-ground' }),
  svg('path', { d: 'M9 8h8v6H9zM9 18h5v6H9zM18 18h5v6h-5z', class: 'mark-block' }));

/**
 * Draws the frame, or keeps it and marks where we are. Returns the place for the page.
 * @type {(known: PageContext, open: () => void) => HTMLElement}
 */
export function frame(known, open) {
  const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  let main = document.getElementById('main');
  if (!main || main.classList.contains('welcome')) {
    main = h('main', { id: 'main', tabindex: -1 });
    show(document.body,
      h('a', { class: 'skip', href: '#main' }, 'To the page'),
      h('div', { id: 'away', role: 'status', hidden: true }, 'The server is away. The page goes on as soon as it is back.'),
      h('header', { class: 'top', id: 'top' }),
      h('div', { class: 'columns' }, h('nav', { id: 'nav', class: 'nav', 'aria-label': 'Pages' }), main),
      h('div', { id: 'told', 'aria-live': 'polite' }));
  }
  show(part('top'), top(known, open));
  show(part('nav'), nav(known));
  document.body.classList.remove('nav-open');
  main.replaceChildren();
  main.scrollTop = 0;
  scrollTo(0, 0);
  return main;
}

/** @type {(known: PageContext, open: () => void) => Child[]} */
function top(known, open) {
  const { project, environment } = known;
  const toggle = h('button', { type: 'button', class: 'quiet menu', 'aria-controls': 'nav', 'aria-expanded': 'false', onclick: () => {
    const isOpen = document.body.classList.toggle('nav-open');
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) /** @type {OptionalElement} */ (document.querySelector('#nav a'))?.focus();
  } }, '☰', h('span', { class: 'unseen' }, 'Menu'));
  const projects = api.session.projects;
  const names = projects.length > 1
    ? h('select', { 'aria-label': 'Project', class: 'quiet', 'data-chosen': project.id,
        onchange: (event) => places.go(places.path(event.target.value, 'flags')) },
      projects.map((one) => h('option', { value: one.id }, one.name)))
    : h('span', { class: 'project' }, project.name);
  return [toggle,
    h('a', { class: 'brand', href: known.path('flags'), 'aria-label': 'Prefab, all flags' }, mark(), h('span', { class: 'wide' }, 'Prefab')),
    names,
    h('label', { class: 'environment' }, h('span', { class: 'unseen' }, 'Environment'),
      h('select', { id: 'environment', 'data-chosen': environment?.id, onchange: (event) => {
        localStorage.setItem('prefab-environment', event.target.value);
        const url = new URL(location.href);
        url.searchParams.set('environment', event.target.value);
        places.go(url.pathname + url.search, { replace: true });
      } }, project.environments.map((one) => h('option', { value: one.id }, one.name)))),
    h('span', { class: 'spread' }),
    theme(), person(known, open)];
}

function theme() {
  const root = document.documentElement;
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  return h('button', { type: 'button', class: 'quiet', 'aria-label': 'Light or dark', title: 'Light or dark', onclick: () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    localStorage.setItem('prefab-theme', root.dataset.theme);
  } }, '◐');
}

/** @type {(known: PageContext, open: () => void) => HTMLElement} */
function person(known, open) {
  const name = api.session.isKey ? 'admin key' : api.session.person?.name ?? '';
  return h('details', { class: 'person' },
    h('summary', null, h('span', { class: 'wide' }, name), h('span', { class: 'narrow', 'aria-label': name }, name.slice(0, 1).toUpperCase())),
    h('div', { class: 'menu-box' },
      h('p', null, api.session.isKey ? 'Signed in with an admin key, until this tab is closed.' : api.session.person?.email),
      !api.session.isKey && h('a', { href: known.path('account') }, 'Your account'),
      h('button', { type: 'button', onclick: async () => {
        await api.signOut();
        open();
      } }, 'Sign out')));
}

/** @type {(known: PageContext) => Child[]} */
function nav({ project, place, environment }) {
  /** @type {(link: [page: string, name: string]) => HTMLElement} */
  const link = ([page, name]) => h('li', null, h('a', {
    href: places.path(project.id, page) + (environment ? api.query({ environment: environment.id }) : ''),
    'aria-current': page === place.page ? 'page' : null }, name));
  return GROUPS.map(([title, pages]) => h('section', null, title && h('h2', null, title), h('ul', null, pages.map(link))));
}
