// Sign-in, as a page or as a dialog over the page after the session has expired.

import * as api from '../api.js';
import { field, h, show } from '../dom.js';

/** Whether the address is a link that creates an account or sets a password. */
export const hasLinkToken = () => ['/sign-up', '/reset'].includes(location.pathname);

/**
 * Returns the forms for users who are not signed in.
 * @type {(done: () => void) => HTMLElement}
 */
export function signInForms(done) {
  // Links of earlier versions have the token in the query.
  const token = hasLinkToken() ? new URLSearchParams(location.hash.slice(1) || location.search).get('token') : null;
  if (token) return location.pathname === '/reset' ? resetForm(token, done) : signUpForm(token, done);
  return h('div', { class: 'stack' }, passwordForm(done), keyForm(done));
}

/**
 * Creates a form that shows its error.
 * @type {(title: string, inputs: Child, button: string, submit: () => Promise<unknown>, done: () => void, how?: {isDanger?: boolean}) => HTMLElement}
 */
export function form(title, inputs, button, submit, done, { isDanger = false } = {}) {
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const action = h('button', { class: isDanger ? 'danger' : 'main', type: 'submit' }, button);
  return h('form', { class: title ? 'card' : 'stack', onsubmit: async (event) => {
    event.preventDefault();
    show(wrong);
    action.disabled = true;
    try {
      await submit();
      done();
    } catch (error) {
      show(wrong, error.code === 'unauthorized' ? 'Incorrect credentials. Check them and try again.' : error.message);
    }
    action.disabled = false;
  } }, title && h('h1', null, title), inputs, wrong, action);
}

/** @type {(done: () => void, title?: string) => HTMLElement} */
function passwordForm(done, title = 'Sign in') {
  const email = h('input', { type: 'email', name: 'email', autocomplete: 'username', required: true });
  const password = h('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  return form(title, [field('E-mail', email), field('Password', password)], 'Sign in',
    () => api.signIn(email.value, password.value), done);
}

/** @type {(done: () => void, isOpen?: boolean) => HTMLElement} */
function keyForm(done, isOpen = false) {
  const key = h('input', { type: 'password', name: 'key', autocomplete: 'off', required: true });
  return h('details', { class: 'card', open: isOpen }, h('summary', null, 'Sign in with an admin key'),
    form('', [field('Admin key', key, { hint: 'The server prints admin keys on its first start. The key is kept until you close this tab.' })],
      'Sign in with key', () => api.signInWithKey(key.value.trim()), done));
}

/** @type {(token: string, done: () => void) => HTMLElement} */
function signUpForm(token, done) {
  const name = h('input', { name: 'name', autocomplete: 'name', required: true });
  const email = h('input', { type: 'email', name: 'email', autocomplete: 'username', required: true });
  const password = h('input', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 10 });
  return form('Welcome to Prefab', [h('p', null, 'Create your account. This link works once.'), field('Name', name), field('E-mail', email),
    field('Password', password, { hint: 'At least 10 characters.' })], 'Create account',
  () => api.signUp({ token, name: name.value, email: email.value, password: password.value }), done);
}

/** @type {(token: string, done: () => void) => HTMLElement} */
function resetForm(token, done) {
  const password = h('input', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 10 });
  return form('Reset password', [h('p', null, 'Choose a new password. This link works once, and your other sessions end.'),
    field('New password', password, { hint: 'At least 10 characters.' })], 'Set password', () => api.reset(token, password.value), done);
}

/** @type {Promise<void> | null} */
let waiting = null;
/**
 * Shows the sign-in dialog over the page. Resolves after the user has signed in.
 * @type {() => Promise<void>}
 */
export function signInAgain() {
  waiting ??= new Promise((/** @type {() => void} */ resolve) => {
    const dialog = h('dialog', { class: 'sign-in', 'aria-label': 'Sign in again' });
    const done = () => {
      waiting = null;
      dialog.close();
      dialog.remove();
      resolve();
    };
    const wasKey = api.session.isKey;
    show(dialog, h('p', null, 'Your session has expired. Sign in to continue. Your edits are kept.'),
      passwordForm(done, ''), keyForm(done, wasKey));
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
  });
  return waiting;
}
