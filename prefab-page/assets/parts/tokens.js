// Management tokens: credentials of scripts.

import * as api from '../api.js';
import { field, h, notify, show, table, withCode } from '../dom.js';
import { ago } from '../format.js';
import { confirm, dialog } from './dialog.js';
import { showSecret } from './show-secret.js';
import { select } from './value.js';

const ROLES = [['viewer', 'Viewer – read only'], ['editor', 'Editor – can propose changes'], ['publisher', 'Publisher – can change values'], ['admin', 'Admin – full access']];
const DAY = 864e5;
const TIMES = [['30', '30 days'], ['90', '90 days'], ['365', '1 year'], ['', 'No expiry']];

/** @type {(page: PageContext) => Promise<HTMLElement>} */
export async function tokens(page) {
  const body = h('div', { class: 'stack' });
  const { environments } = page.project;

  async function draw() {
    /** @type {Token[]} */
    const all = await api.get(page.api('tokens'));
    const head = h('div', { class: 'title' }, h('div', null, h('h2', null, 'Management tokens'), h('p', { class: 'about' }, 'Credentials for scripts. A token can do only what its role allows.')),
      h('button', { type: 'button', onclick: issue }, 'New token'));
    if (!all.length) return show(body, head, h('p', { class: 'faint' }, 'No tokens yet.'));
    show(body, head, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Token', 'Role', 'State', 'Last used', 'Created by', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'visually-hidden' }, 'Actions'))))),
      h('tbody', null, all.map((one) => h('tr', null, h('td', null, h('span', { class: 'code' }, `#${one.id}`), ' ', one.name), h('td', null, role(one)), h('td', null, state(one)), h('td', { class: 'time' }, ago(one.lastUsedAt)), h('td', null, one.createdBy),
        h('td', null, isActive(one) && h('button', { type: 'button', class: 'danger', 'aria-label': `Revoke token ${one.id}`, onclick: () => revoke(one) }, 'Revoke'))))))));
  }
  /** @type {(one: Token) => boolean} */
  const isActive = (one) => !one.revokedAt && !(one.expiresAt && one.expiresAt <= Date.now());
  /** @type {(one: Token) => Child} */
  const role = (one) => [one.role, one.environments.length > 0 && h('span', { class: 'block small faint' }, one.environments.map((each) => `${each.role} in ${each.name}`).join(', '))];
  /** @type {(one: Token) => HTMLElement} */
  const state = (one) => {
    if (one.revokedAt) return h('span', { class: 'chip bad' }, 'Revoked');
    if (!one.expiresAt) return h('span', { class: 'chip on' }, 'Active');
    return isActive(one) ? h('span', { class: 'chip warn' }, `expires ${ago(one.expiresAt)}`) : h('span', { class: 'chip bad' }, 'Expired');
  };

  async function issue() {
    const created = await dialog('New token', (/** @type {(made: {token: string} | null) => void} */ close) => {
      const form = { role: 'publisher', days: '90' };
      const name = h('input', { name: 'name', required: true, placeholder: 'release script', autocomplete: 'off' });
      const boxes = new Map(environments.map((one) => [one.id, h('input', { type: 'checkbox', checked: true, onchange: () => { validate(); } })]));
      const only = h('fieldset', { class: 'stack tight' }, h('legend', null, 'Environments'), environments.map((one) => h('label', { class: 'check' }, boxes.get(one.id), one.name)), h('p', { class: 'hint' }, 'Read-only in other environments.'));
      /** @type {() => string[]} */
      const selectedEnvironments = () => environments.filter((one) => boxes.get(one.id)?.checked).map((one) => one.id);
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      const validate = () => { show(wrong, !selectedEnvironments().length && form.role !== 'viewer' && 'No environment selected: read-only access.'); };
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        const selected = selectedEnvironments();
        const body = { name: name.value.trim(), role: form.role, environments: selected.length === environments.length ? undefined : selected, expiresAt: form.days ? Date.now() + Number(form.days) * DAY : undefined };
        try { close(await api.post(page.api('tokens'), body)); } catch (error) { show(wrong, withCode(error.message)); }
      } }, field('Name', name), field('Role', select(ROLES, form.role, (next) => { form.role = next; validate(); })), only, field('Expires in', select(TIMES, form.days, (next) => { form.days = next; })), wrong,
      h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Create token'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!created) return;
    await showSecret('New token', 'Copy it now. You won’t see it again.', created.token);
    await draw();
  }
  /** @param {Token} one */
  async function revoke(one) {
    const done = await confirm(`Revoke token #${one.id}?`, h('p', null, 'Scripts that use this token lose access immediately. This cannot be undone.'), 'Revoke', () => api.remove(page.api('tokens', one.id)), { isDanger: true, asksComment: false });
    if (!done) return;
    notify(`Token #${one.id} revoked.`);
    await draw();
  }
  await draw();
  return body;
}
