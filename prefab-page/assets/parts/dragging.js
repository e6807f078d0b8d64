// Reorders entries of a list by dragging with a mouse, a pen or a finger.

/** Distance from the edge of the window at which dragging scrolls, in pixels. */
const EDGE = 70;

/**
 * Returns the listeners for the drag handle of an entry.
 * @param {HTMLElement} list
 * @param {() => HTMLElement} entry
 * @param {(to: number) => void} onMoved receives the new position
 */
export function dragging(list, entry, onMoved) {
  let [begin, to] = [NaN, -1];
  const places = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const mark = () => places().forEach((one, at) => one.classList.toggle('over', at === to && one !== entry()));
  function end() {
    [begin, to] = [NaN, -1];
    mark();
    entry().classList.remove('dragged');
    entry().style.transform = '';
  }
  return {
    onpointerdown: (/** @type {PointerEvent & {currentTarget: HTMLElement}} */ event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      begin = event.clientY + scrollY;
      entry().classList.add('dragged');
    },
    onpointermove: (/** @type {PointerEvent} */ event) => {
      if (Number.isNaN(begin)) return;
      if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
      else if (event.clientY < EDGE) scrollBy(0, -12);
      entry().style.transform = `translateY(${event.clientY + scrollY - begin}px)`;
      const under = places().findIndex((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return one !== entry() && top <= event.clientY && event.clientY <= bottom;
      });
      if (under === to) return;
      to = under;
      mark();
    },
    onpointerup: () => {
      const place = to;
      end();
      if (place >= 0) onMoved(place);
    },
    onpointercancel: end,
  };
}
