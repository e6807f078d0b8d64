// The account page: roles, password, and deletion.

import * as api from '../api.js';
import { field, h, notify, show } from '../dom.js';
import * as router from '../router.js';
import { dialog } from '../parts/dialog.js';
import { offersCard } from '../parts/offers.js';
import { form } from '../parts/sign-in.js';

/** @type {(main: HTMLElement, page: PageContext) => unknown} */
export default function render(main, page) {
  document.title = 'Account – Prefab';
  const { person, projects } = api.session;
  const title = h('div', null, h('h1', null, 'Account'), h('p', { class: 'about' }, person ? `${person.name}, ${person.email}` : ''));
  if (!person) {
    return show(main, title, h('section', { class: 'empty' }, h('h2', null, 'You are signed in with an admin key'), h('p', null, 'A key has no name and no password. Invite yourself on the People page, so that the audit log shows who did what.'), h('a', { class: 'button', href: page.path('people') }, 'People')));
  }
  /** @type {(project: SessionProject) => string} */
  const roles = (project) => [project.role, ...project.environments.filter((one) => one.role !== project.role).map((one) => `${one.role} in ${one.name}`)].join(', ');
  const password = (/** @type {string} */ name, /** @type {string} */ autocomplete, minLength = 0) => h('input', { type: 'password', name, autocomplete, required: true, minlength: minLength || null });
  const [current, next] = [password('current', 'current-password'), password('next', 'new-password', 10)];
  // Password managers read the account name from this field.
  const accountName = h('input', { type: 'email', autocomplete: 'username', value: person.email, hidden: true });
  const change = form('', [accountName, field('Current password', current), field('New password', next, { hint: 'At least 10 characters. Your other sessions end.' })], 'Change password', async () => {
    await api.put('/session/password', { current: current.value, password: next.value });
    [current.value, next.value] = ['', ''];
  }, () => notify('Password changed. Your other sessions have ended.'));

  async function deleteAccount() {
    const deleted = await dialog('Delete your account?', (/** @type {(gone: boolean | null) => void} */ close) => {
      const passwordInput = password('password', 'current-password');
      return h('div', { class: 'stack' }, h('p', null, 'You are signed out everywhere and can no longer sign in. Your tokens are revoked. Histories and the audit log keep your name. This cannot be undone.'),
        form('', [field('Password', passwordInput)], 'Delete account', () => api.remove('/account', { password: passwordInput.value }), () => close(true), { isDanger: true }),
        h('div', null, h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!deleted) return;
    api.clearSession();
    router.navigate('/account');
  }
  show(main, title, h('div', { class: 'stack narrowed' }, offersCard(() => location.reload()), h('section', { class: 'card' }, h('h2', null, 'Projects'), h('dl', { class: 'pairs' }, projects.map((one) => [h('dt', null, one.name), h('dd', null, roles(one))]))),
    h('section', { class: 'card' }, h('h2', null, 'Password'), change),
    h('section', { class: 'card' }, h('h2', null, 'Delete account'), h('p', { class: 'hint' }, 'If you are the last admin of a project, make someone else admin first.'), h('div', null, h('button', { type: 'button', class: 'danger', onclick: deleteAccount }, 'Delete account')))));
}
