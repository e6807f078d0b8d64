// People of the project: their roles, invitations and password links.

import * as api from '../api.js';
import * as router from '../router.js';
import { field, h, notify, show, table, withCode } from '../dom.js';
import { ago } from '../format.js';
import { avatar } from '../parts/badges.js';
import { confirm, dialog } from '../parts/dialog.js';
import { showSecret } from '../parts/show-secret.js';
import { select } from '../parts/value.js';

const ROLES = [['viewer', 'Viewer – read only'], ['editor', 'Editor – can propose changes'], ['publisher', 'Publisher – can change values and approve'], ['admin', 'Admin – full access']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'People – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', { class: 'title' }, h('div', null, h('h1', null, 'People'), h('p', { class: 'about' }, 'Viewers read, editors propose changes, publishers change and approve values, admins manage the project.')),
    page.isAdmin && h('button', { type: 'button', class: 'main', onclick: invite }, 'Invite person')), body);

  async function draw() {
    /** @type {Person[]} */
    const people = await api.get(page.api('people'));
    /** @type {Invitation[]} */
    const invitations = page.isAdmin ? await api.get(page.api('invitations')) : [];
    const environmentRoles = (/** @type {Person} */ one) => (one.environments ?? []).map((each) => `${each.role} in ${each.name}`).join(', ');
    show(body, people.length ? h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, ['Name', 'E-mail', 'Role', 'Joined', ''].map((text) => h('th', { scope: 'col' }, text || h('span', { class: 'visually-hidden' }, 'Actions'))))),
      h('tbody', null, people.map((one) => h('tr', null, h('td', null, avatar(one.name), ' ', one.name), h('td', null, one.email),
        h('td', null, page.isAdmin && !one.isPending ? select(ROLES.map(([role]) => [role, role]), one.role, (role) => change(one, role), false, { 'aria-label': `Role of ${one.name}` }) : one.role, environmentRoles(one) && h('span', { class: 'block small faint' }, environmentRoles(one))),
        h('td', { class: 'time' }, one.isPending ? `Pending since ${ago(one.joinedAt)}` : ago(one.joinedAt)), h('td', null, page.isAdmin && h('div', { class: 'row' }, one.id !== api.session.person?.id && one.mayResetPassword && h('button', { type: 'button', 'aria-label': `Reset password of ${one.name}`, onclick: () => reset(one) }, 'Reset password'),
          h('button', { type: 'button', class: 'danger', 'aria-label': `Remove ${one.name}`, onclick: () => remove(one) }, 'Remove')))))))) :
      h('section', { class: 'empty' }, h('h2', null, 'No accounts yet'), h('p', null, 'Invite yourself first. With your own account, the audit log shows who did what.')),
    invitations.length > 0 && h('h2', null, 'Pending invitations'), invitations.length > 0 && h('ul', { class: 'card' }, invitations.map((one) => h('li', { class: 'row ends' }, h('span', null, `${one.email} as ${one.role}`, h('span', { class: 'faint small' }, ` · expires ${new Date(one.expiresAt).toLocaleDateString()}`)),
      h('button', { type: 'button', class: 'quiet', 'aria-label': `Withdraw the invitation of ${one.email}`, onclick: async () => { await api.remove(page.api('invitations', one.id)); draw(); } }, 'Withdraw')))));
  }
  /** @type {(one: Person, role: string) => Promise<void>} */
  async function change(one, role) {
    const about = h('p', null, `${ROLES.find(([name]) => name === role)?.[1] ?? role}.`);
    const done = await confirm(`Make ${one.name} ${role}?`, about, 'Change role', () => api.patch(page.api('people', one.id), { role }), { asksComment: false });
    if (done) notify(`${one.name} is now ${role}.`);
    await draw();
  }
  /** @param {Person} one */
  async function remove(one) {
    /** @type {() => Promise<Api.RemovedMember>} */
    const end = () => api.remove(page.api('people', one.id));
    const consequence = one.isPending ? 'The invitation to this project is withdrawn.' : 'They lose access to this project, and their tokens for it are revoked. The audit log keeps their actions.';
    const removed = await confirm(`Remove ${one.name}?`, h('p', null, consequence), 'Remove', end, { isDanger: true, asksComment: false });
    if (!removed) return;
    if (one.id === api.session.person?.id) {
      await api.loadSession();
      return router.navigate('/');
    }
    const { keys = [], tokens = [] } = removed.credentials ?? {};
    const issued = [...keys.map((key) => `API key ${key.id} (${key.name}), ${key.kind}`), ...tokens.map((token) => `Token ${token.id} (${token.name}), ${token.role}`)];
    if (issued.length) {
      const list = h('div', { class: 'stack' }, h('p', null, `${one.name} has issued these credentials, and they are still valid. Programs may use them.`), h('ul', null, issued.map((text) => h('li', null, text))));
      await confirm('Revoke their credentials?', list, 'Revoke all', () => api.remove(page.api('people', one.id, 'credentials')), { isDanger: true, asksComment: false });
    }
    await draw();
  }
  /** @param {Person} one */
  async function reset(one) {
    /** @type {() => Promise<{link: string}>} */
    const offer = () => api.post(page.api('people', one.id, 'password-reset'));
    const created = await confirm(`Reset the password of ${one.name}?`, h('p', null, 'You get a link to send them. It works once and expires in 24 hours. Their current password keeps working until they choose a new one.'), 'Create link', offer, { asksComment: false });
    if (created) await showSecret(`Password link for ${one.name}`, 'Share this link yourself; the server does not send e-mail. It works once and expires in 24 hours.', created.link);
  }
  async function invite() {
    const created = await dialog('Invite person', (/** @type {(made: Link | null) => void} */ close) => {
      let role = 'viewer';
      const email = h('input', { type: 'email', required: true, name: 'email' });
      const wrong = h('p', { class: 'wrong', role: 'alert' });
      return h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        try {
          close(await api.post(page.api('invitations'), { email: email.value.trim(), role }));
        } catch (error) {
          if (error.code !== 'account_exists') return show(wrong, withCode(error.message));
          // A person who has an account is added without an invitation, after a look at where the account comes from.
          try {
            /** @type {Api.AccountResponse} */
            const account = await api.get(page.api('account') + api.query({ email: email.value.trim() }));
            const origin = account.invitedBy ? `invited by ${account.invitedBy}` : 'the first account of this server';
            show(wrong, h('p', null, `${account.name} has an account since ${new Date(account.createdAt).toLocaleDateString()}, ${origin}. The server does not verify e-mail addresses, so check that this is the right person. They have to accept.`),
              h('button', { type: 'button', onclick: async () => {
                try { close(await api.post(page.api('people'), { email: account.email, role })); } catch (again) { show(wrong, again.message); }
              } }, `Add ${account.name}`));
          } catch (again) { show(wrong, again.message); }
        }
      } }, field('E-mail', email), field('Role', select(ROLES, role, (next) => { role = next; })), wrong, h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, 'Invite'), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (created?.link) await showSecret('Invitation link', 'Share this link yourself; the server does not send e-mail. It works once.', created.link);
    if (created) await draw();
  }
  await draw();
}
