// The layout around every page: navigation, the environment menu, and the user menu.

import * as api from '../api.js';
import { h, show, svg } from '../dom.js';
import * as router from '../router.js';

/** @type {[string, [page: string, name: string][]][]} */
const GROUPS = [
  ['', [['start', 'Get started']]],
  ['Configure', [['flags', 'Flags'], ['configs', 'Configs'], ['segments', 'Segments'], ['secrets', 'Secrets'], ['schemas', 'Schemas']]],
  ['Observe', [['log-levels', 'Log levels'], ['evaluations', 'Evaluations'], ['contexts', 'Contexts'], ['playground', 'Playground'], ['health', 'Server']]],
  ['Settings', [['audit', 'Audit log'], ['archived', 'Archived'], ['environments', 'Environments'], ['people', 'People'], ['keys', 'API keys'], ['transfer', 'Import & export'], ['installation', 'Installation']]],
];

/** Returns the logo. */
export const logo = () => svg('svg', { viewBox: '0 0 32 32', width: 24, height: 24, 'aria-hidden': 'true' },
  svg('rect', { x: 2, y: 2, width: 28, height: 28, rx: 7, class: 'mark-ground' }),
  svg('path', { d: 'M9 8h8v6H9zM9 18h5v6H9zM18 18h5v6h-5z', class: 'mark-block' }));

/**
 * Draws the layout, or updates it for another page. Returns the element of the page.
 * @type {(page: PageContext, open: () => void) => HTMLElement}
 */
export function layout(page, open) {
  const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  let main = document.getElementById('main');
  if (!main || main.classList.contains('welcome')) {
    main = h('main', { id: 'main', tabindex: -1 });
    show(document.body,
      h('a', { class: 'skip', href: '#main' }, 'Skip to content'),
      h('div', { id: 'offline', role: 'status', hidden: true }, 'Connection lost, reconnecting…'),
      h('header', { class: 'top', id: 'top' }),
      h('div', { class: 'columns' }, h('nav', { id: 'nav', class: 'nav', 'aria-label': 'Main' }), main),
      h('div', { id: 'toasts', 'aria-live': 'polite' }));
  }
  show(part('top'), top(page, open));
  show(part('nav'), nav(page));
  document.body.classList.remove('nav-open');
  main.replaceChildren();
  main.scrollTop = 0;
  scrollTo(0, 0);
  return main;
}

/** @type {(page: PageContext, open: () => void) => Child[]} */
function top(page, open) {
  const { project, environment } = page;
  const toggle = h('button', { type: 'button', class: 'quiet menu', 'aria-controls': 'nav', 'aria-expanded': 'false', onclick: () => {
    const isOpen = document.body.classList.toggle('nav-open');
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) /** @type {OptionalElement} */ (document.querySelector('#nav a'))?.focus();
  } }, '☰', h('span', { class: 'visually-hidden' }, 'Menu'));
  const projects = api.session.projects;
  const names = projects.length > 1
    ? h('select', { 'aria-label': 'Project', class: 'quiet', 'data-chosen': project.id,
        onchange: (event) => router.navigate(router.path(event.target.value, 'flags')) },
      projects.map((one) => h('option', { value: one.id }, one.name)))
    : h('span', { class: 'project' }, project.name);
  return [toggle,
    h('a', { class: 'brand', href: page.path('flags'), 'aria-label': 'Prefab, all flags' }, logo(), h('span', { class: 'wide' }, 'Prefab')),
    names,
    h('label', { class: 'environment' }, h('span', { class: 'visually-hidden' }, 'Environment'),
      h('select', { id: 'environment', 'data-chosen': environment?.id, onchange: (event) => {
        localStorage.setItem('prefab-environment', event.target.value);
        const url = new URL(location.href);
        url.searchParams.set('environment', event.target.value);
        router.navigate(url.pathname + url.search, { replace: true });
      } }, project.environments.map((one) => h('option', { value: one.id }, one.name)))),
    h('span', { class: 'spacer' }),
    userMenu(page, open)];
}

/**
 * Selects an environment without leaving the page: in the menu, in the address, and for the next visit.
 * @type {(environment: Environment) => void}
 */
export function chooseEnvironment(environment) {
  localStorage.setItem('prefab-environment', environment.id);
  const menu = /** @type {HTMLSelectElement | null} */ (document.getElementById('environment'));
  if (menu) menu.value = environment.id;
  const url = new URL(location.href);
  url.searchParams.set('environment', environment.id);
  history.replaceState(null, '', url.pathname + url.search);
  router.rememberLocation();
}

/** Sets the theme. An empty text follows the system. */
function setTheme(/** @type {string} */ theme) {
  if (theme) {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('prefab-theme', theme);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem('prefab-theme');
  }
}

function themeMenu() {
  const themes = [['', 'System'], ['light', 'Light'], ['dark', 'Dark']];
  return h('label', { class: 'field' }, 'Theme', h('select', { 'data-chosen': localStorage.getItem('prefab-theme') ?? '', onchange: (event) => setTheme(event.target.value) },
    themes.map(([value, text]) => h('option', { value }, text))));
}

/** @type {(page: PageContext, open: () => void) => HTMLElement} */
function userMenu(page, open) {
  const name = api.session.isKey ? 'Admin key' : api.session.person?.name ?? '';
  const summary = h('summary', null, h('span', { class: 'wide' }, name), h('span', { class: 'narrow', 'aria-label': name }, name.slice(0, 1).toUpperCase()));
  const menu = h('details', { class: 'person' }, summary,
    h('div', { class: 'menu-box' },
      h('p', null, api.session.isKey ? 'Signed in with an admin key. The session ends when you close this tab.' : api.session.person?.email),
      themeMenu(),
      !api.session.isKey && h('a', { href: page.path('account') }, api.session.offers.length ? `Account (invited to ${api.session.offers.length})` : 'Account'),
      h('button', { type: 'button', onclick: async () => {
        await api.signOut();
        open();
      } }, 'Sign out')));
  closeOutside(menu, summary, page);
  return menu;
}

/**
 * Closes a menu on Escape and on a click elsewhere.
 * @type {(menu: HTMLDetailsElement, summary: HTMLElement, page: PageContext) => void}
 */
function closeOutside(menu, summary, page) {
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    summary.focus();
  });
  const onPointer = (/** @type {PointerEvent} */ event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener('pointerdown', onPointer);
  page.onLeave(() => document.removeEventListener('pointerdown', onPointer));
}

/** @type {(page: PageContext) => Child[]} */
function nav({ project, place, environment, isAdmin }) {
  const isVisible = (/** @type {[page: string, name: string]} */ [page]) => (page === 'installation' ? api.session.isOwner : isAdmin || page !== 'keys');
  /** @type {(link: [page: string, name: string]) => HTMLElement} */
  const link = ([page, name]) => h('li', null, h('a', {
    href: router.path(project.id, page) + (environment ? api.query({ environment: environment.id }) : ''),
    'aria-current': page === place.page ? 'page' : null }, name));
  return GROUPS.map(([title, pages]) => h('section', null, title && h('h2', null, title), h('ul', null, pages.filter(isVisible).map(link))));
}
