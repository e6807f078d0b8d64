// A text field with suggestions, after the combobox pattern of ARIA 1.2.

import { h, show, uniqueId } from '../dom.js';
import { icon } from '../icons.js';

/** At most this many suggestions are drawn. */
const SHOWN = 50;

/** @typedef {{value: string, text?: string, about?: Child}} Option */

/**
 * Ranks a text for what was typed: 0 for the start, 1 for the start of a word, 2 for any place, 3 for the letters in
 * order; nothing if it does not match.
 * @type {(text: string, typed: string) => number | null}
 */
export function rank(text, typed) {
  const [hay, needle] = [text.toLowerCase(), typed.toLowerCase()];
  const at = hay.indexOf(needle);
  if (at === 0) return 0;
  if (at > 0) return /[^\p{L}\p{N}]/u.test(hay[at - 1]) ? 1 : 2;
  let from = 0;
  for (const letter of needle) {
    from = hay.indexOf(letter, from) + 1;
    if (!from) return null;
  }
  return 3;
}

/**
 * Creates a combobox.
 * @param {object} how
 * @param {string} how.value
 * @param {() => Option[]} how.options returns all suggestions, each time the list opens
 * @param {(value: string) => void} how.onChange receives every typed and every picked value
 * @param {boolean} [how.isStrict] only suggestions are accepted; other text is reset
 * @param {Properties<HTMLInputElement>} [how.input] properties of the field
 */
export function combobox({ value, options, onChange, isStrict = false, input: properties = {} }) {
  const id = uniqueId('options');
  let chosen = value;
  let active = -1;
  /** @type {Option[]} */
  let found = [];
  const textOf = (/** @type {Option} */ one) => one.text ?? one.value;
  const textFor = (/** @type {string} */ wanted) => {
    const one = options().find((each) => each.value === wanted);
    return one ? textOf(one) : wanted;
  };
  const list = h('div', { class: 'popup options', role: 'listbox', id, hidden: true, 'aria-label': 'Suggestions' });
  const input = h('input', {
    role: 'combobox', 'aria-expanded': 'false', 'aria-controls': id, 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false',
    value: textFor(value), ...properties,
    oninput: () => {
      if (!isStrict) pick(input.value.trim(), false);
      open(input.value.trim());
    },
    onclick: () => open(''),
    onblur: () => {
      if (isStrict) input.value = textFor(chosen);
      close();
    },
    onkeydown,
  });
  const box = h('span', { class: 'combobox' }, input, icon('down'), list);

  /** @type {(next: string, isPicked?: boolean) => void} */
  function pick(next, isPicked = true) {
    chosen = next;
    if (isPicked) {
      input.value = textFor(next);
      close();
    }
    onChange(next);
  }
  function open(/** @type {string} */ typed) {
    const ranked = options().map((one) => ({ one, order: typed ? rank(textOf(one), typed) : 0 }));
    found = ranked.filter(({ order }) => order !== null).sort((left, right) => (left.order ?? 0) - (right.order ?? 0)).map(({ one }) => one);
    active = isStrict && typed && found.length ? 0 : -1;
    draw();
    list.hidden = !found.length && !isStrict;
    input.setAttribute('aria-expanded', String(!list.hidden));
  }
  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }
  function draw() {
    const shown = found.slice(0, SHOWN);
    show(list, shown.map((one, at) => h('div', {
      role: 'option', id: `${id}-${at}`, 'aria-selected': at === active,
      onpointerdown: (event) => { event.preventDefault(); pick(one.value); },
    }, h('span', { class: properties.class === 'code' ? 'code' : '' }, textOf(one)), one.about && h('span', { class: 'about faint' }, one.about))),
    found.length > SHOWN && h('div', { class: 'faint small', role: 'presentation' }, `${found.length - SHOWN} more, type to search`),
    !found.length && h('div', { class: 'faint small', role: 'presentation' }, 'No match'));
    if (active >= 0) {
      input.setAttribute('aria-activedescendant', `${id}-${active}`);
      document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  }
  /** @type {(event: Of<HTMLInputElement, KeyboardEvent>) => void} */
  function onkeydown(event) {
    const step = new Map([['ArrowDown', 1], ['ArrowUp', -1]]).get(event.key);
    if (step) {
      event.preventDefault();
      if (list.hidden) open('');
      const count = Math.min(found.length, SHOWN);
      active = count ? (active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count : -1;
      draw();
    } else if (event.key === 'Enter' && !list.hidden && active >= 0) {
      event.preventDefault();
      pick(found[active].value);
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      if (isStrict) input.value = textFor(chosen);
      close();
    }
  }
  return box;
}
