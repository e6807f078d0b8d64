// The frame around every page: who is signed in, where one can go, and what is shown there.

import * as api from './api.js';
import { h, show, tell } from './dom.js';
import * as events from './events.js';
import * as items from './items.js';
import * as places from './router.js';
import { again, enter, isByLink } from './parts/sign-in.js';
import { frame, mark } from './parts/layout.js';

/** @type {Record<string, string>} */
const PAGES = {
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
  account: './pages/account.js',
};
/** Pages with a place for each key. */
const KEYED = new Set(['flags', 'configs', 'segments', 'schemas', 'secrets', 'log-level-rules']);

/** @type {(() => void)[]} */
let dispose = [];
let shown = 0;

/** @type {Role[]} */
const ROLES = ['viewer', 'editor', 'publisher', 'admin'];

/**
 * What a page is given.
 * @type {(project: Project, place: Place) => PageContext}
 */
function context(project, place) {
  const chosen = place.query.get('environment');
  const names = project.environments;
  /** @type {(text: string | null) => Environment | undefined} */
  const find = (text) => names.find((one) => one.id === text || one.name.toLowerCase() === text?.toLowerCase());
  const environment = find(chosen) ?? find(localStorage.getItem('prefab-environment')) ?? names[0];
  if (environment) localStorage.setItem('prefab-environment', environment.id);
  return {
    project, environment, place,
    path: (...parts) => places.path(project.id, ...parts),
    api: (...parts) => api.at(project.id, ...parts),
    /** Whether changes are allowed: somewhere, or in one environment. */
    may: (role, id) => names.some((one) => (!id || one.id === id) && ROLES.indexOf(one.role) >= ROLES.indexOf(role)),
    isAdmin: project.role === 'admin',
    /** Calls back with what happens until the page is left. */
    listen: (listener) => dispose.push(events.listen(listener)),
    onLeave: (action) => dispose.push(action),
  };
}

async function open() {
  dispose.splice(0).forEach((action) => action());
  const place = places.here();
  places.arrived();
  if (isByLink() || !api.session.projects.length) return welcome();
  const project = await load(place.project);
  if (!project || !place.page) {
    const first = project ?? (await load(api.session.projects[0].id));
    if (!first) return welcome();
    /** @type {{items: Summary[]}} */
    const { items: some } = await api.get(`${api.at(first.id, 'items')}?limit=1`);
    return places.go(places.path(first.id, some.length ? 'flags' : 'start'), { replace: true });
  }
  events.follow(project.id);
  shown += 1;
  const turn = shown;
  const known = context(project, place);
  const main = frame(known, open);
  const keyed = KEYED.has(place.page) && place.key;
  const file = keyed ? './pages/item.js' : PAGES[place.page];
  if (!file) return show(main, missing(known));
  try {
    const page = await bring(file);
    if (turn === shown) await page.default(main, known);
  } catch (error) {
    if (turn === shown) show(main, failed(/** @type {RequestFailure} */ (error)));
  }
  if (turn === shown && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
}

/**
 * Loads a page's code, and waits for a server that is away.
 * @type {(file: string) => Promise<{default: (main: HTMLElement, known: PageContext) => unknown}>}
 */
async function bring(file) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await import(file);
    } catch (error) {
      if (!(error instanceof TypeError) || attempt > 30) throw error;
      api.hooks.away(true);
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

/**
 * The project that was loaded last; environments are changed on their own page only.
 * @type {{id: string, at: number, csrf: string, project: Project | null}}
 */
let loaded = { id: '', at: 0, csrf: '', project: null };

/**
 * Joins what the session says of a project with what its environments demand.
 * @type {(id: string) => Promise<Project | null>}
 */
async function load(id) {
  const mine = api.session.projects.find((one) => one.id === id);
  if (!mine) return null;
  const isOld = Date.now() - loaded.at > 30000 || places.here().page === 'environments';
  if (loaded.id === id && !isOld && loaded.csrf === api.session.csrf) return loaded.project;
  /** @type {Project} */
  const { environments, name } = await api.get(api.at(id));
  const roles = new Map(mine.environments.map((one) => [one.id, one.role]));
  /** @type {Project} */
  const project = { ...mine, name, environments: environments.map((one) => ({ ...one, role: roles.get(one.id) ?? mine.role })) };
  loaded = { id, at: places.here().page === 'environments' ? 0 : Date.now(), csrf: api.session.csrf, project };
  return project;
}

function welcome() {
  events.follow('');
  const main = h('main', { id: 'main', class: 'welcome', tabindex: -1 });
  show(document.body, h('div', { id: 'told', 'aria-live': 'polite' }), main);
  document.title = 'Sign in – Prefab';
  show(main, h('div', { class: 'brand large' }, mark(), h('span', null, 'Prefab')), enter(() => {
    if (isByLink()) history.replaceState(null, '', '/');
    open();
  }));
}

/** @type {(known: PageContext) => HTMLElement} */
const missing = (known) => h('section', { class: 'empty' },
  h('h1', null, 'There is no such page'), h('p', null, h('a', { href: known.path('flags') }, 'All flags')));

/** @type {(error: RequestFailure) => HTMLElement} */
function failed(error) {
  const gone = error.code === 'not_found';
  return h('section', { class: 'empty' }, h('h1', null, gone ? 'This is not there' : 'This page could not be shown'),
    h('p', null, gone ? 'It may have been archived, or the address is misspelt.' : error.message),
    h('button', { type: 'button', onclick: open }, 'Try again'));
}

api.hooks.away = (is) => {
  const bar = document.getElementById('away');
  if (bar) bar.hidden = !is;
};
api.hooks.signIn = again;
events.listen((name, data) => {
  if (name === 'change') items.refresh(places.here().project, data.key);
  if (name === 'again') items.doubt();
});
addEventListener('unhandledrejection', ({ reason }) => tell(reason?.message ?? String(reason), 'bad'));
places.onOpen(open);
await api.begin();
open();
