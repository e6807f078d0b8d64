// API keys and management tokens. Each is shown once, when it is created.

import * as api from '../api.js';
import { field, h, notify, show, table, withCode } from '../dom.js';
import { ago } from '../format.js';
import { environmentName } from '../environments.js';
import { shortName } from '../parts/badges.js';
import { confirm, dialog } from '../parts/dialog.js';
import { showSecret } from '../parts/show-secret.js';
import { tokens } from '../parts/tokens.js';
import { select } from '../parts/value.js';

const KINDS = [['backend', 'Server-side'], ['frontend', 'Client-side (public)'], ['admin', 'Admin']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'API keys – Prefab';
  const [body, more] = [h('div'), h('div')];
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'API keys'), h('p', { class: 'about' }, 'Credentials for SDKs and scripts. Each key belongs to one environment.')),
    page.isAdmin && h('button', { type: 'button', class: 'main', onclick: issue }, 'New key')), body, more);

  async function draw() {
    /** @type {Key[]} */
    let keys;
    try {
      keys = await api.get(page.api('keys'));
    } catch (error) {
      if (error.code !== 'forbidden') throw error;
      return show(body, h('p', { class: 'banner info' }, 'Only admins can see API keys.'));
    }
    const environment = (/** @type {string} */ id) => {
      const found = page.project.environments.find((one) => one.id === id);
      return found ? environmentName(found, page.project) : id;
    };
    const state = (/** @type {Key} */ one) => (one.revokedAt ? h('span', { class: 'chip bad' }, 'Revoked') : one.expiresAt ? h('span', { class: 'chip warn' }, `expires ${ago(one.expiresAt)}`) : h('span', { class: 'chip on' }, 'Active'));
    show(body, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Key', 'Kind', 'Environment', 'State', 'Last used', 'Created', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'visually-hidden' }, 'Actions'))))),
      h('tbody', null, keys.map((one) => h('tr', null, h('td', null, h('span', { class: 'code', title: 'The text of the key starts with this number.' }, `${one.id}-…`), ' ', one.name), h('td', null, KINDS.find(([kind]) => kind === one.kind)?.[1] ?? one.kind), h('td', null, environment(one.environment)), h('td', null, state(one)), h('td', { class: 'time' }, ago(one.lastUsedAt)),
        h('td', { class: 'time', title: new Date(one.createdAt).toLocaleString() }, ago(one.createdAt), one.createdBy && ` by ${shortName(one.createdBy)}`),
        h('td', null, page.isAdmin && !one.revokedAt && h('div', { class: 'row' }, h('button', { type: 'button', 'aria-label': `Rotate key ${one.id}`, onclick: () => rotate(one) }, 'Rotate'), h('button', { type: 'button', class: 'danger', 'aria-label': `Revoke key ${one.id}`, onclick: () => revoke(one) }, 'Revoke')))))))));
  }
  async function issue() {
    const created = await dialog('New key', (/** @type {(made: {key: string} | null) => void} */ close) => {
      const form = { kind: 'backend', environment: page.environment.id };
      const name = h('input', { name: 'name', required: true, placeholder: 'checkout service' });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        try { close(await api.post(page.api('keys'), { ...form, name: name.value.trim() })); } catch (error) { show(wrong, withCode(error.message)); }
      } }, field('Name', name), field('Kind', select(KINDS, form.kind, (next) => { form.kind = next; })),
      field('Environment', select(page.project.environments.map((one) => [one.id, one.name]), form.environment, (next) => { form.environment = next; })), wrong,
      h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Create key'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (created) await showKey(created);
  }
  /** @param {{key: string}} created */
  async function showKey({ key }) {
    await showSecret('New key', 'Copy it now. You won’t see it again.', key);
    await draw();
  }
  /** @param {Key} one */
  async function rotate(one) {
    const created = await confirm(`Rotate key #${one.id}?`, h('p', null, 'This creates a new key. The old key keeps working for 24 hours, so that you can switch your apps over.'), 'Rotate', () => api.post(page.api('keys', one.id, 'rotate'), { overlapSeconds: 86400 }), { asksComment: false });
    if (created) await showKey(created);
  }
  /** @param {Key} one */
  async function revoke(one) {
    const done = await confirm(`Revoke key #${one.id}?`, h('p', null, 'Apps that use this key lose access immediately. This cannot be undone.'), 'Revoke', () => api.remove(page.api('keys', one.id)), { isDanger: true, asksComment: false });
    if (done) { notify(`Key #${one.id} revoked.`); await draw(); }
  }
  await draw();
  if (page.isAdmin) show(more, await tokens(page));
}
