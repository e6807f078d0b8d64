// Management tokens: for scripts that manage the project, with no more than they need.

import * as api from '../api.js';
import { field, h, show, table, tell } from '../dom.js';
import { ago } from '../format.js';
import { confirm, dialog } from './dialog.js';
import { once } from './show-secret.js';
import { select } from './value.js';

const ROLES = [['viewer', 'viewer: looks'], ['editor', 'editor: saves drafts'], ['publisher', 'publisher: changes values'], ['admin', 'admin: everything']];
const DAY = 864e5;
const TIMES = [['30', '30 days'], ['90', '90 days'], ['365', '1 year'], ['', 'for good']];

/** @type {(known: PageContext) => Promise<HTMLElement>} */
export async function tokens(known) {
  const body = h('div', { class: 'stack' });
  const { environments } = known.project;

  async function draw() {
    /** @type {Token[]} */
    const all = await api.get(known.api('tokens'));
    const head = h('div', { class: 'title' }, h('div', null, h('h2', null, 'Management tokens'), h('p', { class: 'about' }, 'For scripts that change things here. Each does what its role allows, and nothing else.')),
      h('button', { type: 'button', onclick: issue }, 'New token'));
    if (!all.length) return show(body, head, h('p', { class: 'faint' }, 'There is none yet.'));
    show(body, head, h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Token', 'Role', 'State', 'Last used', 'Made by', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, all.map((one) => h('tr', null, h('td', null, h('span', { class: 'code' }, `#${one.id}`), ' ', one.name), h('td', null, role(one)), h('td', null, state(one)), h('td', { class: 'time' }, ago(one.lastUsedAt)), h('td', null, one.createdBy),
        h('td', null, isGood(one) && h('button', { type: 'button', class: 'danger', 'aria-label': `Revoke token ${one.id}`, onclick: () => revoke(one) }, 'Revoke'))))))));
  }
  /** @type {(one: Token) => boolean} */
  const isGood = (one) => !one.revokedAt && !(one.expiresAt && one.expiresAt <= Date.now());
  /** @type {(one: Token) => Child} */
  const role = (one) => [one.role, one.environments.length > 0 && h('span', { class: 'block small faint' }, one.environments.map((each) => `${each.role} in ${each.name}`).join(', '))];
  /** @type {(one: Token) => HTMLElement} */
  const state = (one) => {
    if (one.revokedAt) return h('span', { class: 'chip bad' }, 'revoked');
    if (!one.expiresAt) return h('span', { class: 'chip on' }, 'good');
    return isGood(one) ? h('span', { class: 'chip warn' }, `ends ${ago(one.expiresAt)}`) : h('span', { class: 'chip bad' }, 'ended');
  };

  async function issue() {
    const made = await dialog('New token', (/** @type {(made: {token: string} | null) => void} */ close) => {
      const wish = { role: 'publisher', days: '90' };
      const name = h('input', { name: 'name', required: true, placeholder: 'release script', autocomplete: 'off' });
      const boxes = new Map(environments.map((one) => [one.id, h('input', { type: 'checkbox', checked: true, onchange: () => { look(); } })]));
      const only = h('fieldset', { class: 'stack tight' }, h('legend', null, 'It has that role in'), environments.map((one) => h('label', { class: 'check' }, boxes.get(one.id), one.name)), h('p', { class: 'hint' }, 'Elsewhere it only looks.'));
      /** @type {() => string[]} */
      const chosen = () => environments.filter((one) => boxes.get(one.id)?.checked).map((one) => one.id);
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      const look = () => { show(wrong, !chosen().length && wish.role !== 'viewer' && 'Nowhere chosen: it would only look.'); };
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        const places = chosen();
        const body = { name: name.value.trim(), role: wish.role, environments: places.length === environments.length ? undefined : places, expiresAt: wish.days ? Date.now() + Number(wish.days) * DAY : undefined };
        try { close(await api.post(known.api('tokens'), body)); } catch (error) { show(wrong, error.message); }
      } }, field('What is it for?', name), field('Role', select(ROLES, wish.role, (next) => { wish.role = next; look(); })), only, field('How long', select(TIMES, wish.days, (next) => { wish.days = next; })), wrong,
      h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Make the token'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!made) return;
    await once('The new token', 'It is shown this once. Keep it where secrets are kept.', made.token);
    await draw();
  }
  /** @param {Token} one */
  async function revoke(one) {
    const done = await confirm(`Revoke token #${one.id}?`, h('p', null, 'Scripts with it are turned away at once. This cannot be undone.'), 'Revoke', () => api.remove(known.api('tokens', one.id)), { isDanger: true, asksComment: false });
    if (!done) return;
    tell(`Token #${one.id} is revoked.`);
    await draw();
  }
  await draw();
  return body;
}
