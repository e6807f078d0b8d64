// Shows a secret that the server returns only once: a key, a token or a link.

import { h, notify } from '../dom.js';
import { dialog } from './dialog.js';

/** @type {(title: string, about: string, text: string) => Promise<unknown>} */
export const showSecret = (title, about, text) => dialog(title, (close) => h('div', { class: 'stack' }, h('p', null, about), h('pre', { tabindex: 0 }, text),
  h('div', { class: 'row' }, h('button', { type: 'button', class: 'main', onclick: async () => {
    await navigator.clipboard?.writeText(text).catch(() => {});
    notify('Copied.');
  } }, 'Copy'), h('button', { type: 'button', onclick: () => close(true) }, 'Done'))));
