// A button with a menu. Arrow keys move in it; Escape, a choice and a click elsewhere close it.

import { h, show } from '../dom.js';
import { icon } from '../icons.js';

/**
 * @typedef {object} MenuItem
 * @property {string} text
 * @property {string} [icon]
 * @property {() => unknown} [act]
 * @property {string} [href]
 * @property {boolean} [isDanger]
 * @property {boolean} [isChecked] for a choice; absent for an action
 */

/**
 * Creates a button that opens a menu.
 * @param {Properties<HTMLButtonElement>} properties of the button
 * @param {Child} content of the button
 * @param {() => (MenuItem | Node | false | null)[]} items returns the entries each time the menu opens
 * @param {string} [side] `left` aligns the left edges
 */
export function menu(properties, content, items, side = '') {
  /** @type {HTMLButtonElement} */
  const button = h('button', { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', onclick: () => toggle(), ...properties }, content);
  /** @type {HTMLElement} */
  const list = h('div', { class: `popup menu ${side}`, role: 'menu', hidden: true, 'aria-label': button.dataset.label ?? button.getAttribute('aria-label') ?? button.textContent });
  const box = h('span', { class: 'anchor' }, button, list);

  const entries = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[data-entry]')]);
  const onPointer = (/** @type {PointerEvent} */ event) => {
    if (event.target instanceof Node && !box.contains(event.target)) close(false);
  };
  function open() {
    const all = items();
    // A popup with fields is a dialog for assistive technology, because a menu contains nothing but its entries.
    const hasFields = all.some((one) => one instanceof Element && one.querySelector('input, select'));
    list.setAttribute('role', hasFields ? 'dialog' : 'menu');
    button.setAttribute('aria-haspopup', hasFields ? 'dialog' : 'menu');
    show(list, all.map((one) => (one instanceof Node || !one ? one : entry(one))));
    list.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', onPointer);
    keepInside(list);
    /** @type {OptionalElement} */ (list.querySelector('[data-entry], select, input'))?.focus();
  }
  function close(takesFocus = true) {
    list.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', onPointer);
    if (takesFocus) button.focus();
  }
  function toggle() {
    if (list.hidden) open();
    else close();
  }
  /** @type {(one: MenuItem) => HTMLElement} */
  const entry = ({ text, icon: name, act, href, isDanger, isChecked }) => {
    const role = list.getAttribute('role') === 'dialog' ? null : isChecked === undefined ? 'menuitem' : 'menuitemradio';
    const properties = { role, 'data-entry': '', tabindex: role ? -1 : null, class: isDanger ? 'danger' : '', 'aria-checked': isChecked ?? null };
    const parts = [icon(name ?? (isChecked === undefined ? '' : 'check')), text];
    if (href) return h('a', { ...properties, href, class: `button ${properties.class}` }, parts);
    return h('button', { ...properties, type: 'button', onclick: () => { close(); act?.(); } }, parts);
  };
  box.addEventListener('keydown', (event) => {
    if (list.hidden) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      close();
    }
    if (event.key === 'Tab' && list.getAttribute('role') === 'menu') close(false);
    const all = entries();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = new Map([['ArrowDown', at + 1], ['ArrowUp', at - 1], ['Home', 0], ['End', -1]]).get(event.key);
    if (next === undefined || (at < 0 && event.target instanceof HTMLSelectElement)) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  });
  return box;
}

/**
 * Moves a popup into the window if it would leave it on the left.
 * @type {(popup: HTMLElement) => void}
 */
function keepInside(popup) {
  popup.style.transform = '';
  const { left, right } = popup.getBoundingClientRect();
  const shift = left < 8 ? 8 - left : Math.min(0, document.documentElement.clientWidth - 8 - right);
  if (shift) popup.style.transform = `translateX(${shift}px)`;
}
