// The layout around every page: navigation, the environment menu, and the user menu.

import * as api from '../api.js';
import { h, show, svg } from '../dom.js';
import { inColorOf } from '../environments.js';
import { icon } from '../icons.js';
import * as router from '../router.js';
import { avatar } from './badges.js';
import { environmentStrip } from './environment-strip.js';
import { menu } from './menu.js';
import { setShortcuts, showShortcuts } from './keys-of-page.js';
import { waitingCount } from './waiting.js';

/** @type {[string, [page: string, name: string, icon: string][]][]} */
const GROUPS = [
  ['', [['overview', 'Overview', 'overview'], ['approvals', 'Approvals', 'inbox']]],
  ['Configure', [['flags', 'Flags', 'flag'], ['configs', 'Configs', 'config'], ['segments', 'Segments', 'segment'], ['secrets', 'Secrets', 'lock'], ['schemas', 'Schemas', 'braces']]],
  ['Observe', [['log-levels', 'Log levels', 'levels'], ['evaluations', 'Evaluations', 'chart'], ['contexts', 'Contexts', 'contact'], ['playground', 'Playground', 'flask'], ['health', 'Server', 'server']]],
  ['Settings', [['audit', 'Audit log', 'clock'], ['archived', 'Archived', 'archive'], ['environments', 'Environments', 'layers'], ['people', 'People', 'people'], ['keys', 'API keys', 'key'], ['transfer', 'Import & export', 'transfer'], ['installation', 'Installation', 'server']]],
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
  inColorOf(part('top'), page.environment, page.project);
  setShortcuts({ openPalette: () => search(page), chooseNext: (step) => chooseNext(page, step) });
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
  const toggle = h('button', { type: 'button', class: 'icon-button menu-toggle', 'aria-controls': 'nav', 'aria-expanded': 'false', onclick: () => {
    const isOpen = document.body.classList.toggle('nav-open');
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) /** @type {OptionalElement} */ (document.querySelector('#nav a'))?.focus();
  } }, icon('menu'), h('span', { class: 'visually-hidden' }, 'Menu'));
  const projects = api.session.projects;
  const names = projects.length > 1
    ? h('select', { 'aria-label': 'Project', class: 'quiet', 'data-chosen': project.id,
        onchange: (event) => router.navigate(router.path(event.target.value, 'flags')) },
      projects.map((one) => h('option', { value: one.id }, one.name)))
    : h('span', { class: 'crumb project' }, h('span', { 'aria-hidden': 'true' }, '/'), h('b', null, project.name));
  return [toggle,
    h('a', { class: 'brand', href: page.path('flags'), 'aria-label': 'Prefab, all flags' }, logo(), h('span', { class: 'wide' }, 'Prefab')),
    names,
    environment && environmentStrip(project, environment, reopenIn),
    h('span', { class: 'spacer' }),
    h('button', { type: 'button', class: 'finder-button', 'aria-keyshortcuts': 'Control+K', onclick: () => search(page) },
      icon('search'), h('span', null, 'Search or run a command'), h('kbd', { 'aria-hidden': 'true' }, /Mac/.test(navigator.platform) ? '⌘K' : 'Ctrl K')),
    userMenu(page, open)];
}

/**
 * Opens the page again in another environment.
 * @type {(environment: Environment) => void}
 */
function reopenIn(environment) {
  localStorage.setItem('prefab-environment', environment.id);
  const url = new URL(location.href);
  url.searchParams.set('environment', environment.id);
  router.navigate(url.pathname + url.search, { replace: true });
}

/** @type {(page: string, isAdmin: boolean) => boolean} */
const mayOpen = (page, isAdmin) => (page === 'installation' ? api.session.isOwner : isAdmin || page !== 'keys');

/** @type {(page: PageContext) => [page: string, name: string, icon: string][]} */
const pagesOf = ({ isAdmin }) => [...GROUPS.flatMap(([, pages]) => pages), /** @type {[string, string, string]} */ (['start', 'Get started', 'help'])].filter(([page]) => mayOpen(page, isAdmin));

/** @type {(page: PageContext) => Promise<void>} */
const search = async (page) => (await import('./palette.js')).openPalette(page, pagesOf(page), reopenIn);

/**
 * Chooses the environment before or after the current one, on item pages by their cards.
 * @type {(page: PageContext, step: number) => void}
 */
function chooseNext({ project, environment }, step) {
  const card = document.querySelector('.env-cards [aria-selected="true"]');
  if (card) return /** @type {OptionalElement} */ (step > 0 ? card.nextElementSibling : card.previousElementSibling)?.click();
  const all = project.environments;
  reopenIn(all[(all.indexOf(environment) + step + all.length) % all.length]);
}

/**
 * Selects an environment without leaving the page: in the top bar, in the address, and for the next visit.
 * @type {(environment: Environment, project: Project) => void}
 */
export function chooseEnvironment(environment, project) {
  localStorage.setItem('prefab-environment', environment.id);
  const bar = document.getElementById('top');
  if (bar) inColorOf(bar, environment, project);
  const url = new URL(location.href);
  url.searchParams.set('environment', environment.id);
  history.replaceState(null, '', url.pathname + url.search);
  router.rememberLocation();
  document.dispatchEvent(new CustomEvent('prefab-environment'));
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
  return h('label', { class: 'field form' }, 'Theme', h('select', { 'data-chosen': localStorage.getItem('prefab-theme') ?? '', onchange: (event) => setTheme(event.target.value) },
    themes.map(([value, text]) => h('option', { value }, text))));
}

/** @type {(page: PageContext, open: () => void) => HTMLElement} */
function userMenu(page, open) {
  const name = api.session.isKey ? 'Admin key' : api.session.person?.name ?? '';
  const offers = api.session.offers.length;
  const about = api.session.isKey ? 'Signed in with an admin key. The session ends when you close this tab.' : `${name}, ${api.session.person?.email}`;
  const leave = async () => {
    await api.signOut();
    open();
  };
  return menu({ class: 'icon-button person', 'data-label': `Account of ${name}` }, [avatar(name, 'l'), h('span', { class: 'visually-hidden' }, `Account of ${name}`)], () => [
    h('p', { class: 'head' }, about),
    themeMenu(),
    h('hr'),
    !api.session.isKey && { text: offers ? `Account (invited to ${offers})` : 'Account', icon: 'people', href: page.path('account') },
    { text: 'Keyboard shortcuts', icon: 'help', act: showShortcuts },
    { text: 'Sign out', icon: 'power', act: leave },
  ]);
}

/** @type {(page: PageContext) => Child[]} */
function nav({ project, place, environment, isAdmin }) {
  const isVisible = (/** @type {[page: string, name: string, icon: string]} */ [page]) => mayOpen(page, isAdmin);
  /** @type {(link: [page: string, name: string, icon: string]) => HTMLElement} */
  const link = ([page, name, sign]) => h('li', null, h('a', {
    href: router.path(project.id, page) + (environment ? api.query({ environment: environment.id }) : ''),
    'aria-current': page === place.page ? 'page' : null }, icon(sign), name, page === 'approvals' && waitingCount()));
  return [GROUPS.map(([title, pages]) => h('section', null, title && h('h2', null, title), h('ul', null, pages.filter(isVisible).map(link)))),
    h('ul', { class: 'foot' }, link(['start', 'Get started', 'help']))];
}
