// Text with a button that copies it.

import { h, notify } from '../dom.js';
import { icon } from '../icons.js';

/** @type {(text: string, what?: string) => Promise<void>} */
export async function copy(text, what = '') {
  await navigator.clipboard?.writeText(text).catch(() => {});
  notify(what ? `Copied ${what}.` : 'Copied.');
}

/** @type {(text: string) => HTMLElement} */
export const copyable = (text) => h('div', { class: 'copyable' }, h('pre', { tabindex: 0 }, text),
  h('button', { type: 'button', class: 's', onclick: () => copy(text) }, icon('copy'), 'Copy'));
