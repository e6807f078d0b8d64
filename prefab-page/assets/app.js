// The entry point: loads the session, and opens the page that the address names.

import * as api from './api.js';
import { h, notify, show } from './dom.js';
import * as events from './events.js';
import * as items from './items.js';
import * as router from './router.js';
import { hasLinkToken, signInAgain, signInForms } from './parts/sign-in.js';
import { layout, logo } from './parts/layout.js';
import { offersCard } from './parts/offers.js';
import { noteDraft, setWaiting } from './parts/waiting.js';

/** @type {Record<string, string>} */
const PAGES = {
  overview: './pages/overview.js',
  approvals: './pages/approvals.js',
  start: './pages/start.js',
  flags: './pages/list.js',
  configs: './pages/list.js',
  segments: './pages/list.js',
  schemas: './pages/list.js',
  secrets: './pages/list.js',
  'log-level-rules': './pages/list.js',
  'log-levels': './pages/log-levels.js',
  playground: './pages/playground.js',
  contexts: './pages/contexts.js',
  evaluations: './pages/evaluations.js',
  audit: './pages/audit.js',
  archived: './pages/archived.js',
  environments: './pages/environments.js',
  people: './pages/people.js',
  keys: './pages/keys.js',
  transfer: './pages/import-export.js',
  health: './pages/health.js',
  style: './pages/style.js',
  account: './pages/account.js',
  installation: './pages/installation.js',
};
/** Pages with an address for each key. */
const KEYED = new Set(['flags', 'configs', 'segments', 'schemas', 'secrets', 'log-level-rules']);

/** @type {(() => void)[]} */
let cleanups = [];
let openCount = 0;

/** @type {Role[]} */
const ROLES = ['viewer', 'editor', 'publisher', 'admin'];

/**
 * Returns what a page receives besides its element.
 * @type {(project: Project, place: Place) => PageContext}
 */
function createPage(project, place) {
  const chosen = place.query.get('environment');
  const names = project.environments;
  /** @type {(text: string | null) => Environment | undefined} */
  const find = (text) => names.find((one) => one.id === text || one.name.toLowerCase() === text?.toLowerCase());
  const environment = find(chosen) ?? find(localStorage.getItem('prefab-environment')) ?? names[0];
  if (environment) localStorage.setItem('prefab-environment', environment.id);
  return {
    project, environment, place,
    path: (...parts) => router.path(project.id, ...parts),
    api: (...parts) => api.projectPath(project.id, ...parts),
    /** Whether the user has a role in an environment, or in any environment. */
    may: (role, id) => names.some((one) => (!id || one.id === id) && ROLES.indexOf(one.role) >= ROLES.indexOf(role)),
    mayEverywhere: (role) => names.every((one) => ROLES.indexOf(one.role) >= ROLES.indexOf(role)),
    isAdmin: project.role === 'admin',
    /** Calls `listener` with every event until the user leaves the page. */
    listen: (listener) => cleanups.push(events.listen(listener)),
    onLeave: (action) => cleanups.push(action),
  };
}

async function open() {
  cleanups.splice(0).forEach((action) => action());
  const place = router.currentPlace();
  router.rememberLocation();
  if (!hasLinkToken() && !api.session.projects.length && api.session.person) return showNoProject(api.session.person);
  if (hasLinkToken() || !api.session.projects.length) return showSignIn();
  const project = await loadProject(place.project);
  if (!project || !place.page) {
    const first = project ?? (await loadProject(api.session.projects[0].id));
    if (!first) return showSignIn();
    /** @type {{items: Summary[]}} */
    const { items: some } = await api.get(`${api.projectPath(first.id, 'items')}?limit=1`);
    return router.navigate(router.path(first.id, some.length ? 'flags' : 'start'), { replace: true });
  }
  events.connect(project.id);
  countDrafts(project.id);
  openCount += 1;
  const sequence = openCount;
  const page = createPage(project, place);
  items.selectEnvironments(project, page.environment);
  const main = layout(page, open);
  const keyed = KEYED.has(place.page) && place.key;
  const file = keyed ? './pages/item.js' : PAGES[place.page];
  if (!file) return show(main, notFound(page));
  try {
    const module = await importModule(file);
    if (sequence === openCount) await module.default(main, page);
  } catch (error) {
    if (sequence === openCount) show(main, loadError(/** @type {RequestFailure} */ (error)));
  }
  if (sequence === openCount && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
}

/**
 * Loads the module of a page, and retries while the server is unreachable.
 * @type {(file: string) => Promise<{default: (main: HTMLElement, page: PageContext) => unknown}>}
 */
async function importModule(file) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await import(file);
    } catch (error) {
      if (!(error instanceof TypeError) || attempt > 30) throw error;
      api.hooks.setOffline(true);
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

/**
 * The project that was loaded last. It is loaded again after 30 seconds, and always on the Environments page.
 * @type {{id: string, at: number, csrf: string, project: Project | null}}
 */
let projectCache = { id: '', at: 0, csrf: '', project: null };

/**
 * Loads a project with the roles of the session in its environments.
 * @type {(id: string) => Promise<Project | null>}
 */
async function loadProject(id) {
  const ownProject = api.session.projects.find((one) => one.id === id);
  if (!ownProject) return null;
  const isOld = Date.now() - projectCache.at > 30000 || router.currentPlace().page === 'environments';
  if (projectCache.id === id && !isOld && projectCache.csrf === api.session.csrf) return projectCache.project;
  /** @type {Project} */
  const { environments, name } = await api.get(api.projectPath(id));
  const roles = new Map(ownProject.environments.map((one) => [one.id, one.role]));
  /** @type {Project} */
  const project = { ...ownProject, name, environments: environments.map((one) => ({ ...one, role: roles.get(one.id) ?? ownProject.role })) };
  projectCache = { id, at: router.currentPlace().page === 'environments' ? 0 : Date.now(), csrf: api.session.csrf, project };
  return project;
}

/**
 * Shows a screen without the menus of a project.
 * @type {(title: string, ...children: Child[]) => void}
 */
function showOutside(title, ...children) {
  events.connect('');
  document.title = `${title} – Prefab`;
  show(document.body, h('div', { id: 'toasts', 'aria-live': 'polite' }), h('main', { id: 'main', class: 'welcome', tabindex: -1 },
    h('div', { class: 'brand large' }, logo(), h('span', null, 'Prefab')), children));
}

/**
 * Shows a person without a project the projects that they can join.
 * @type {(person: Account) => void}
 */
function showNoProject(person) {
  showOutside('Projects', h('section', { class: 'card' }, h('h1', null, 'You are not in a project'),
    h('p', null, api.session.offers.length ? `You are signed in as ${person.email}.` : `You are signed in as ${person.email}. Ask an admin of a project to add you.`),
    h('div', null, h('button', { type: 'button', onclick: async () => {
      await api.signOut();
      open();
    } }, 'Sign out'))), offersCard(open));
}

let counted = '';
/** Counts the drafts of a project for the menu, once; events follow. */
function countDrafts(/** @type {string} */ id) {
  if (counted === id) return;
  counted = id;
  api.get(api.projectPath(id, 'drafts')).then((/** @type {Draft[]} */ all) => setWaiting(all.map((one) => one.key))).catch(() => { counted = ''; });
}

function showSignIn() {
  showOutside('Sign in', signInForms(() => {
    if (hasLinkToken()) history.replaceState(null, '', '/');
    open();
  }));
}

/** @type {(page: PageContext) => HTMLElement} */
const notFound = (page) => h('section', { class: 'empty' },
  h('h1', null, 'Page not found'), h('p', null, h('a', { href: page.path('flags') }, 'Go to flags')));

/** @type {(error: RequestFailure) => HTMLElement} */
function loadError(error) {
  const gone = error.code === 'not_found';
  return h('section', { class: 'empty' }, h('h1', null, gone ? 'Not found' : 'Cannot load this page'),
    h('p', null, gone ? 'It may be archived, or the URL may be wrong.' : error.message),
    h('button', { type: 'button', onclick: open }, 'Retry'));
}

api.hooks.setOffline = (isOffline) => {
  const bar = document.getElementById('offline');
  if (bar) bar.hidden = !isOffline;
};
api.hooks.signIn = signInAgain;
events.listen((name, data) => {
  if (name === 'change') items.refresh(router.currentPlace().project, data.key);
  if (name === 'draft') noteDraft(data);
  if (name === 'reconnected') items.invalidate();
});
addEventListener('unhandledrejection', ({ reason }) => notify(reason?.message ?? String(reason), 'bad'));
router.onOpen(open);
await api.loadSession();
open();
