// A long list that draws only the visible rows.

import { h } from '../dom.js';

/**
 * @template {{key: string}} T
 * @param {(item: T, at: number) => HTMLElement} draw creates a row, whose link has `data-row`
 * @param {() => number} height returns the height of a row in pixels
 */
export function virtualList(draw, height) {
  const list = h('ul', { class: 'rows' });
  /** @type {T[]} */
  let items = [];
  /** @type {Map<string, HTMLElement>} */
  let drawn = new Map();
  const current = () => /** @type {OptionalElement} */ (document.activeElement)?.dataset.row;
  const link = (/** @type {string} */ key) => /** @type {OptionalElement} */ (list.querySelector(`[data-row="${CSS.escape(key)}"]`));
  let [from, to] = [0, -1];

  /**
   * Draws the visible rows: all of them, or only the new ones.
   * @type {(fresh: boolean, isOther?: boolean) => void}
   */
  function paint(fresh, isOther = fresh) {
    const size = height();
    list.style.height = `${items.length * size}px`;
    const top = list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / size) - 8);
    const last = Math.min(items.length - 1, Math.ceil((innerHeight - top) / size) + 8);
    if (!isOther && first === from && last === to) return;
    [from, to] = [first, last];
    /** @type {typeof drawn} */
    const next = new Map();
    for (let at = first; at <= last; at += 1) {
      const key = items[at].key;
      const row = (!fresh && drawn.get(key)) || draw(items[at], at);
      row.style.transform = `translateY(${at * size}px)`;
      row.style.height = `${size}px`;
      row.setAttribute('aria-setsize', String(items.length));
      row.setAttribute('aria-posinset', String(at + 1));
      next.set(key, row);
    }
    const focused = current();
    list.replaceChildren(...next.values());
    drawn = next;
    if (focused !== undefined && current() !== focused) link(focused)?.focus({ preventScroll: true });
  }

  /**
   * Moves the focus to a row and scrolls to it.
   * @type {(at: number) => void}
   */
  function focus(at) {
    if (at < 0 || at >= items.length) return;
    const size = height();
    const y = list.getBoundingClientRect().top + at * size;
    if (y < 130) scrollBy(0, y - 130);
    else if (y + size > innerHeight) scrollBy(0, y + size - innerHeight + 8);
    paint(false);
    link(items[at].key)?.focus({ preventScroll: true });
  }

  const index = () => items.findIndex((item) => item.key === current());
  list.addEventListener('keydown', (event) => {
    const at = index();
    const step = new Map([['ArrowDown', 1], ['ArrowUp', -1], ['PageDown', 10], ['PageUp', -10]]).get(event.key) ?? 0;
    if (at < 0 || (!step && event.key !== 'Home' && event.key !== 'End')) return;
    event.preventDefault();
    if (step && at + step < 0) list.dispatchEvent(new CustomEvent('above'));
    else focus(event.key === 'Home' ? 0 : event.key === 'End' ? items.length - 1 : Math.min(at + step, items.length - 1));
  });

  const onScroll = () => paint(false);
  const onResize = () => paint(true);
  addEventListener('scroll', onScroll, { passive: true });
  addEventListener('resize', onResize);
  return {
    list, focus,
    /**
     * Sets the items. With `isChoice`, the rows that are drawn already stay.
     * @type {(next: T[], isChoice?: boolean) => void}
     */
    set(next, isChoice = false) {
      items = next;
      paint(!isChoice, true);
    },
    stop() {
      removeEventListener('scroll', onScroll);
      removeEventListener('resize', onResize);
    },
  };
}
