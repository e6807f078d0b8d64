// Your own account: what you may do where, another password, and going.

import * as api from '../api.js';
import { field, h, show, tell } from '../dom.js';
import * as places from '../router.js';
import { dialog } from '../parts/dialog.js';
import { form } from '../parts/sign-in.js';

/** @type {(main: HTMLElement, known: PageContext) => unknown} */
export default function page(main, known) {
  document.title = 'Your account – Prefab';
  const { person, projects } = api.session;
  const head = h('div', null, h('h1', null, 'Your account'), h('p', { class: 'about' }, person ? `${person.name}, ${person.email}` : ''));
  if (!person) {
    return show(main, head, h('section', { class: 'empty' }, h('h2', null, 'You are signed in with an admin key'), h('p', null, 'A key has no name and no password. Invite yourself on the page “People”, so that the audit log says who did what.'), h('a', { class: 'button', href: known.path('people') }, 'People')));
  }
  /** @type {(project: SessionProject) => string} */
  const roles = (project) => [project.role, ...project.environments.filter((one) => one.role !== project.role).map((one) => `${one.role} in ${one.name}`)].join(', ');
  const password = (/** @type {string} */ name, /** @type {string} */ autocomplete, least = 0) => h('input', { type: 'password', name, autocomplete, required: true, minlength: least || null });
  const [current, next] = [password('current', 'current-password'), password('next', 'new-password', 10)];
  // For those who keep passwords in the browser: whose it is.
  const whose = h('input', { type: 'email', autocomplete: 'username', value: person.email, hidden: true });
  const change = form('', [whose, field('Password until now', current), field('New password', next, { hint: 'At least 10 characters. Your other sessions end.' })], 'Change the password', async () => {
    await api.put('/session/password', { current: current.value, password: next.value });
    [current.value, next.value] = ['', ''];
  }, () => tell('The password is changed. Your other sessions have ended.'));

  async function leave() {
    const gone = await dialog('Delete your account?', (/** @type {(gone: boolean | null) => void} */ close) => {
      const proof = password('password', 'current-password');
      return h('div', { class: 'stack' }, h('p', null, 'You are signed out everywhere, and can no longer sign in. Tokens that you made end. What you did keeps your name in the histories and the audit log. This cannot be undone.'),
        form('', [field('Your password', proof)], 'Delete the account', () => api.remove('/account', { password: proof.value }), () => close(true), { isDanger: true }),
        h('div', null, h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
    });
    if (!gone) return;
    api.forget();
    places.go('/account');
  }
  show(main, head, h('div', { class: 'stack narrowed' }, h('section', { class: 'card' }, h('h2', null, 'Your projects'), h('dl', { class: 'pairs' }, projects.map((one) => [h('dt', null, one.name), h('dd', null, roles(one))]))),
    h('section', { class: 'card' }, h('h2', null, 'Password'), change),
    h('section', { class: 'card' }, h('h2', null, 'Going'), h('p', { class: 'hint' }, 'The last admin of a project makes somebody else one first.'), h('div', null, h('button', { type: 'button', class: 'danger', onclick: leave }, 'Delete the account')))));
}
