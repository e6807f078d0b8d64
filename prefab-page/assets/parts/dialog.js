// Modal dialogs.

import { field, h, show, withCode } from '../dom.js';

/**
 * Opens a dialog. `fill` receives a function that closes it and returns its content. Resolves with the result.
 * @template T
 * @param {string} title
 * @param {(close: (result: T | null) => void) => HTMLElement} fill
 * @returns {Promise<T | null>}
 */
export function dialog(title, fill) {
  return new Promise((resolve) => {
    const focused = document.activeElement;
    const box = h('dialog', { 'aria-label': title });
    /** @type {(result: T | null) => void} */
    const close = (result) => {
      box.close();
      box.remove();
      if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
      resolve(result);
    };
    box.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(null);
    });
    show(box, h('h2', null, title), fill(close));
    document.body.append(box);
    box.showModal();
  });
}

/**
 * Asks for confirmation and a comment. `act` receives the comment; if it fails, the dialog stays open and shows the
 * error.
 *
 * @template T
 * @param {string} title
 * @param {Child} about
 * @param {string} button
 * @param {(comment: string) => Promise<T>} act
 * @param {{needsComment?: boolean, isDanger?: boolean, asksComment?: boolean}} [how]
 * @returns {Promise<T | null>} what `act` gave, or something true where that is nothing
 */
export function confirm(title, about, button, act, { needsComment = false, isDanger = false, asksComment = true } = {}) {
  return dialog(title, (/** @type {(result: T | null) => void} */ close) => {
    const comment = h('textarea', { rows: 2, required: needsComment, name: 'comment' });
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    const submit = h('button', { class: isDanger ? 'danger' : 'main', type: 'submit' }, button);
    return h('form', { class: 'stack', onsubmit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      show(wrong);
      try {
        close(await act(comment.value.trim()) ?? /** @type {T} */ (true));
      } catch (error) {
        show(wrong, withCode((error.causes ?? [error.message]).join('\n')));
        submit.disabled = false;
      }
    } }, about, asksComment && field(needsComment ? 'Comment' : 'Comment (optional)', comment, { hint: 'Shown in the audit log.' }), wrong,
    h('div', { class: 'row' }, submit, h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
  });
}
