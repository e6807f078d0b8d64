// Keys that programs come with, and tokens of scripts. Both are shown once, when they are made.

import * as api from '../api.js';
import { field, h, show, table, tell } from '../dom.js';
import { ago } from '../format.js';
import { confirm, dialog } from '../parts/dialog.js';
import { once } from '../parts/show-secret.js';
import { tokens } from '../parts/tokens.js';
import { select } from '../parts/value.js';

const KINDS = [['backend', 'back end: fetches everything'], ['frontend', 'front end: public, gets values only'], ['admin', 'admin: changes things']];

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'API keys – Prefab';
  const [body, more] = [h('div'), h('div')];
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'API keys'), h('p', { class: 'about' }, 'What programs prove themselves with. Each belongs to one environment.')),
    known.isAdmin && h('button', { type: 'button', class: 'main', onclick: issue }, 'New key')), body, more);

  async function draw() {
    /** @type {Key[]} */
    let keys;
    try {
      keys = await api.get(known.api('keys'));
    } catch (error) {
      if (error.code !== 'forbidden') throw error;
      return show(body, h('p', { class: 'banner info' }, 'Keys are shown to admins only.'));
    }
    const name = (/** @type {string} */ id) => known.project.environments.find((one) => one.id === id)?.name ?? id;
    const state = (/** @type {Key} */ one) => (one.revokedAt ? h('span', { class: 'chip bad' }, 'revoked') : one.expiresAt ? h('span', { class: 'chip warn' }, `ends ${ago(one.expiresAt)}`) : h('span', { class: 'chip on' }, 'good'));
    show(body, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Key', 'Kind', 'Environment', 'State', 'Last used', 'Made by', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, keys.map((one) => h('tr', null, h('td', null, h('span', { class: 'code' }, `#${one.id}`), ' ', one.name), h('td', null, one.kind), h('td', null, name(one.environment)), h('td', null, state(one)), h('td', { class: 'time' }, ago(one.lastUsedAt)), h('td', null, one.createdBy),
        h('td', null, known.isAdmin && !one.revokedAt && h('div', { class: 'row' }, h('button', { type: 'button', 'aria-label': `Rotate key ${one.id}`, onclick: () => rotate(one) }, 'Rotate'), h('button', { type: 'button', class: 'danger', 'aria-label': `Revoke key ${one.id}`, onclick: () => revoke(one) }, 'Revoke')))))))));
  }
  async function issue() {
    const made = await dialog('New key', (/** @type {(made: {key: string} | null) => void} */ close) => {
      const wish = { kind: 'backend', environment: known.environment.id };
      const name = h('input', { name: 'name', required: true, placeholder: 'checkout service' });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        try { close(await api.post(known.api('keys'), { ...wish, name: name.value.trim() })); } catch (error) { show(wrong, error.message); }
      } }, field('What is it for?', name), field('Kind', select(KINDS, wish.kind, (next) => { wish.kind = next; })),
      field('Environment', select(known.project.environments.map((one) => [one.id, one.name]), wish.environment, (next) => { wish.environment = next; })), wrong,
      h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Make the key'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (made) await shown(made);
  }
  /** @param {{key: string}} made */
  async function shown({ key }) {
    await once('The new key', 'It is shown this once. Keep it where secrets are kept.', key);
    await draw();
  }
  /** @param {Key} one */
  async function rotate(one) {
    const made = await confirm(`Rotate key #${one.id}?`, h('p', null, 'A new key is made. The old one goes on for a day, so that programs can change over.'), 'Rotate', () => api.post(known.api('keys', one.id, 'rotate'), { overlapSeconds: 86400 }), { asksComment: false });
    if (made) await shown(made);
  }
  /** @param {Key} one */
  async function revoke(one) {
    const done = await confirm(`Revoke key #${one.id}?`, h('p', null, 'Programs with it are turned away at once. This cannot be undone.'), 'Revoke', () => api.remove(known.api('keys', one.id)), { isDanger: true, asksComment: false });
    if (done) { tell(`Key #${one.id} is revoked.`); await draw(); }
  }
  await draw();
  if (known.isAdmin) show(more, await tokens(known));
}
