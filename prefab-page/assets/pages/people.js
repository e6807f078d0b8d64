// Who may do what here; inviting others.

import * as api from '../api.js';
import { field, h, show, table, tell } from '../dom.js';
import { ago } from '../format.js';
import { confirm, dialog } from '../parts/dialog.js';
import { once } from '../parts/show-secret.js';
import { select } from '../parts/value.js';

const ROLES = [['viewer', 'viewer: looks'], ['editor', 'editor: saves drafts'], ['publisher', 'publisher: changes and approves'], ['admin', 'admin: everything']];

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'People – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'People'), h('p', { class: 'about' }, 'Viewers look, editors save drafts, publishers change values, admins manage the project.')),
    known.isAdmin && h('button', { type: 'button', class: 'main', onclick: invite }, 'Invite somebody')), body);

  async function draw() {
    /** @type {Person[]} */
    const people = await api.get(known.api('people'));
    /** @type {Invitation[]} */
    const invitations = known.isAdmin ? await api.get(known.api('invitations')) : [];
    const exceptions = (/** @type {Person} */ one) => (one.environments ?? []).map((each) => `${each.role} in ${each.name}`).join(', ');
    show(body, people.length ? h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Name', 'E-mail', 'Role', 'Since', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'unseen' }, 'Actions'))))),
      h('tbody', null, people.map((one) => h('tr', null, h('td', null, one.name), h('td', null, one.email),
        h('td', null, known.isAdmin ? select(ROLES.map(([role]) => [role, role]), one.role, (role) => change(one, role), false, { 'aria-label': `Role of ${one.name}` }) : one.role, exceptions(one) && h('span', { class: 'block small faint' }, exceptions(one))),
        h('td', { class: 'time' }, ago(one.joinedAt)), h('td', null, known.isAdmin && h('div', { class: 'row' }, one.id !== api.session.person?.id && h('button', { type: 'button', 'aria-label': `New password for ${one.name}`, onclick: () => reset(one) }, 'New password'),
          h('button', { type: 'button', class: 'danger', 'aria-label': `Remove ${one.name}`, onclick: () => remove(one) }, 'Remove')))))))) :
      h('section', { class: 'empty' }, h('h2', null, 'Nobody has an account here yet'), h('p', null, 'Invite yourself first: open the link, and you are in with a name of your own, so that the audit log says who did what.')),
    invitations.length > 0 && h('h2', null, 'Invited'), invitations.length > 0 && h('ul', { class: 'card' }, invitations.map((one) => h('li', { class: 'row ends' }, h('span', null, `${one.email} as ${one.role}`, h('span', { class: 'faint small' }, ` · until ${new Date(one.expiresAt).toLocaleDateString()}`)),
      h('button', { type: 'button', class: 'quiet', 'aria-label': `Withdraw the invitation of ${one.email}`, onclick: async () => { await api.remove(known.api('invitations', one.id)); draw(); } }, 'Withdraw')))));
  }
  /** @type {(one: Person, role: string) => Promise<void>} */
  async function change(one, role) {
    try { await api.patch(known.api('people', one.id), { role }); tell(`${one.name} is ${role} now.`); } catch (error) { tell(error.message, 'bad'); }
    await draw();
  }
  /** @param {Person} one */
  async function remove(one) {
    if (await confirm(`Remove ${one.name}?`, h('p', null, 'They can no longer look at this project, and the tokens they made for it end. What they did stays in the audit log.'), 'Remove', () => api.remove(known.api('people', one.id)), { isDanger: true, asksComment: false })) await draw();
  }
  /** @param {Person} one */
  async function reset(one) {
    /** @type {() => Promise<{link: string}>} */
    const offer = () => api.post(known.api('people', one.id, 'password-reset'));
    const made = await confirm(`A new password for ${one.name}?`, h('p', null, 'You get a link for them, with which they choose one. It works once, for a day. Until then their old password goes on.'), 'Make the link', offer, { asksComment: false });
    if (made) await once(`The link for ${one.name}`, 'Send them this link; nobody else does. It works once, for a day.', made.link);
  }
  async function invite() {
    const made = await dialog('Invite somebody', (/** @type {(made: Link | null) => void} */ close) => {
      let role = 'publisher';
      const email = h('input', { type: 'email', required: true, name: 'email' });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        try {
          close(await api.post(known.api('invitations'), { email: email.value.trim(), role }));
        } catch (error) {
          // Whoever has an account elsewhere is added at once.
          if (error.code !== 'account_exists') return show(wrong, error.message);
          try { close(await api.post(known.api('people'), { email: email.value.trim(), role })); } catch (again) { show(wrong, again.message); }
        }
      } }, field('E-mail', email), field('Role', select(ROLES, role, (next) => { role = next; })), wrong, h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Invite'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (made?.link) await once('The invitation', 'Send them this link; nobody else does. It works once.', made.link);
    if (made) await draw();
  }
  await draw();
}
