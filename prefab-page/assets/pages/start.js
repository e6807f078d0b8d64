// Getting started: an API key, code for each SDK, and a notice when the first client connects.

import * as api from '../api.js';
import { h, notify, show } from '../dom.js';
import * as events from '../events.js';
import { createItem } from '../parts/create.js';
import { confirm } from '../parts/dialog.js';
import { copyable } from '../parts/copyable.js';
import { SDKS } from '../parts/snippets.js';

/** Keys that were created while the page is open, by environment: each is shown once by the server. */
const createdKeys = new Map();

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Get started – Prefab';
  const { environment } = page;
  let sdk = localStorage.getItem('prefab-sdk') ?? 'Rust';
  let key = createdKeys.get(environment.id) ?? '';
  /** @type {{items: Summary[]}} */
  const { items } = await api.get(page.api('items') + api.query({ type: 'feature_flag', limit: 1 }));
  let flag = items[0]?.key ?? '';
  const tabs = h('div', { class: 'row', role: 'group', 'aria-label': 'SDK' });
  const [steps, connection] = [h('ol', { class: 'stack' }), h('div', { role: 'status' })];

  /** @type {(title: string, ...content: Child[]) => HTMLElement} */
  const step = (title, ...content) => h('li', { class: 'card' }, h('h2', null, title), content);

  async function createKey() {
    /** @type {(comment: string) => Promise<{key: string}>} */
    const request = () => api.post(page.api('keys'), { name: `first app in ${environment.name}`, kind: 'backend', environment: environment.id });
    const created = await confirm(`Create a key for ${environment.name}?`, h('p', null, 'Your app uses this key to connect. Copy it now. You won’t see it again.'), 'Create key',
      request, { asksComment: false });
    if (!created) return;
    ({ key } = created);
    createdKeys.set(environment.id, key);
    draw();
  }

  async function createFlag() {
    const created = await createItem(page, 'feature_flag');
    if (!created) return;
    flag = created;
    notify(`Created ${flag}.`);
    draw();
  }

  function draw() {
    show(tabs, Object.keys(SDKS).map((name) => h('button', { type: 'button', 'aria-pressed': name === sdk, class: name === sdk ? 'main' : '', 'data-focus': `sdk-${name}`, onclick: () => { sdk = name; localStorage.setItem('prefab-sdk', name); draw(); } }, name)));
    const { origin } = location;
    show(steps,
      step('1. Set your environment variables', h('p', null, `Your app needs an API key for ${environment.name} and the URL of this server.`), !key && page.isAdmin && h('div', null, h('button', { type: 'button', class: 'main', onclick: createKey }, 'Create key')),
        copyable(`export PREFAB_API_KEY=${key || 'your-api-key'}\nexport PREFAB_API_URL=${origin}\nexport PREFAB_STREAM_URL=${origin}`)),
      step(`2. Add the SDK for ${sdk}`, copyable(SDKS[sdk].install)),
      step('3. Check a flag', !flag && page.mayEverywhere('publisher') && h('div', null, h('button', { type: 'button', onclick: createFlag }, 'Create flag')), copyable(SDKS[sdk].flag(flag || 'my-first-flag')), SDKS[sdk].note && h('p', { class: 'hint' }, SDKS[sdk].note),
        flag ? h('p', null, h('a', { href: page.path('flags', flag) }, 'Toggle the flag'), ' and watch your app update.') : h('p', { class: 'hint' }, 'Then toggle the flag and watch your app update.')));
  }
  function drawConnection() {
    const connected = [...events.clients.values()].reduce((sum, one) => sum + one.connected, 0);
    show(connection, connected ? h('p', { class: 'banner info' }, h('strong', null, connected === 1 ? 'First client connected.' : `${connected} clients connected.`), h('a', { href: page.path('flags') }, 'Go to flags'))
      : h('p', { class: 'banner' }, 'Waiting for the first client to connect…'));
  }
  page.listen((name) => { if (name === 'clients') drawConnection(); });
  show(main, h('div', null, h('h1', null, 'Get started'), h('p', { class: 'about' }, 'Connect your app in three steps.')), connection, tabs, steps);
  drawConnection();
  draw();
}
