// The command palette: keys, pages, environments and actions, found by typing.

import * as api from '../api.js';
import { h, show, uniqueId } from '../dom.js';
import { icon } from '../icons.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { TYPES } from '../format.js';
import { rank } from './combobox.js';
import { showShortcuts } from './shortcuts.js';

/** @typedef {{group: string, icon: string, text: string, about?: string, act: () => unknown}} Command */

/** How many results each group shows. */
const SHOWN = 8;
const ICONS = new Map([['feature_flag', 'flag'], ['segment', 'segment'], ['schema', 'braces']]);

/**
 * Returns everything that the palette finds.
 * @type {(page: PageContext, pages: [page: string, name: string, icon: string][], choose: (environment: Environment) => void) => Command[]}
 */
function commands(page, pages, choose) {
  const query = api.query({ environment: page.environment.id });
  const go = (/** @type {string} */ path) => () => router.navigate(path + query);
  return [
    ...pages.map(([name, text, sign]) => ({ group: 'Pages', icon: sign, text, act: go(page.path(name)) })),
    ...page.project.environments.filter((one) => one.id !== page.environment.id).map((one) => ({ group: 'Environments', icon: 'layers', text: `Switch to ${one.name}`, act: () => choose(one) })),
    { group: 'Actions', icon: 'help', text: 'Keyboard shortcuts', act: showShortcuts },
    ...['light', 'dark'].map((theme) => ({ group: 'Actions', icon: 'theme', text: `Use the ${theme} theme`, act: () => {
      document.documentElement.dataset.theme = theme;
      localStorage.setItem('prefab-theme', theme);
    } })),
    ...[...(items.cached(page.project.id)?.values() ?? [])].map((one) => ({ group: 'Keys', icon: ICONS.get(one.type) ?? 'config', text: one.key, about: one.kind, act: go(page.path(TYPES[one.type][0], one.key)) })),
  ];
}

/** @type {(all: Command[], typed: string) => Command[]} */
function search(all, typed) {
  const found = all.flatMap((one) => {
    const order = typed ? rank(one.text, typed) : one.group === 'Keys' ? null : 0;
    return order === null ? [] : [{ one, order }];
  });
  found.sort((left, right) => left.order - right.order || left.one.text.length - right.one.text.length);
  const groups = ['Keys', 'Pages', 'Environments', 'Actions'];
  const isGood = found.some(({ order }) => order < 3);
  return groups.flatMap((group) => found.filter(({ one, order }) => one.group === group && (order < 3 || !isGood)).slice(0, SHOWN).map(({ one }) => one));
}

/**
 * Opens the palette, unless a dialog is open.
 * @type {(page: PageContext, pages: [page: string, name: string, icon: string][], choose: (environment: Environment) => void) => void}
 */
export function openPalette(page, pages, choose) {
  if (document.querySelector('dialog[open]')) return;
  const focused = document.activeElement;
  const id = uniqueId('results');
  let all = commands(page, pages, choose);
  /** @type {Command[]} */
  let found = [];
  let active = 0;
  const list = h('div', { id, role: 'listbox', 'aria-label': 'Results' });
  const box = h('dialog', { class: 'palette', 'aria-label': 'Search' });
  const close = () => {
    box.close();
    box.remove();
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  };
  const run = (/** @type {Command | undefined} */ one) => {
    if (!one) return;
    close();
    one.act();
  };
  const input = h('input', {
    type: 'search', role: 'combobox', 'aria-label': 'Search keys, pages and actions', 'aria-controls': id, 'aria-expanded': 'true', 'aria-autocomplete': 'list',
    placeholder: 'Search keys, pages and actions', autocomplete: 'off', spellcheck: 'false',
    oninput: () => { active = 0; draw(); },
    onkeydown: (event) => {
      const step = new Map([['ArrowDown', 1], ['ArrowUp', -1]]).get(event.key);
      if (step && found.length) {
        event.preventDefault();
        active = (active + step + found.length) % found.length;
        draw();
      } else if (event.key === 'Enter') {
        event.preventDefault();
        run(found[active]);
      }
    },
  });
  function draw() {
    found = search(all, input.value.trim());
    show(list, found.map((one, at) => [at === 0 || found[at - 1].group !== one.group ? h('div', { class: 'head', role: 'presentation' }, one.group) : null,
      h('div', { role: 'option', id: `${id}-${at}`, 'aria-selected': at === active, onclick: () => run(one) }, icon(one.icon), h('span', { class: one.group === 'Keys' ? 'code text' : 'text' }, one.text), one.about && h('span', { class: 'faint small' }, one.about))]),
    !found.length && h('p', { class: 'faint none' }, 'No results'));
    input.setAttribute('aria-activedescendant', found.length ? `${id}-${active}` : '');
    document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }
  box.addEventListener('cancel', (event) => { event.preventDefault(); close(); });
  box.addEventListener('pointerdown', (event) => { if (event.target === box) close(); });
  show(box, h('div', { class: 'query' }, icon('search'), input), list);
  document.body.append(box);
  box.showModal();
  input.focus();
  draw();
  if (!items.cached(page.project.id)) items.fetchAll(page.project.id).then(() => { all = commands(page, pages, choose); draw(); }).catch(() => {});
}
