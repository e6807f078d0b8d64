// A text field with line numbers, which shows errors with their lines.

import { field, h, show, uniqueId } from '../dom.js';
import { lineOf } from '../json-pointer.js';

/** Delay after the last keystroke before the server validates the text, in milliseconds. */
const PAUSE = 250;

/**
 * @param {string} label
 * @param {string} text
 * @param {object} how
 * @param {(text: string) => void} how.changed receives the text if it is valid
 * @param {(text: string) => string} how.validate returns an error without a request, or an empty text
 * @param {(text: string) => Promise<Flaw[]>} [how.check] validates the text on the server
 * @param {() => void} [how.checked] called after the validation
 * @param {boolean} [how.isDoubtful] whether to validate the initial text
 * @param {string} [how.place]
 * @param {boolean} [how.disabled]
 */
export function codeField(label, text, { changed, validate, check, checked, isDoubtful = false, place = '', disabled = false }) {
  const element = h('textarea', { id: uniqueId('value'), value: text, disabled, spellcheck: 'false', wrap: 'off', autocomplete: 'off' });
  const gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  const box = field(label, element, { place });
  const message = /** @type {HTMLElement} */ (box.querySelector('.wrong'));
  const frame = h('div', { class: 'lined' });
  element.replaceWith(frame);
  frame.append(gutter, element);

  let numbers = 0;
  element.rows = 3;
  function drawNumbers(/** @type {Set<number>} */ wrong = new Set()) {
    const lines = element.value.split('\n').length;
    // The field grows with the text and does not shrink while it is edited.
    element.rows = Math.min(18, Math.max(3, element.rows, lines + 1));
    if (lines === numbers && !wrong.size && !gutter.querySelector('.at')) return;
    numbers = lines;
    show(gutter, Array.from({ length: lines }, (_, at) => h('span', { class: wrong.has(at + 1) ? 'at' : null }, at + 1)));
    gutter.scrollTop = element.scrollTop;
  }

  /**
   * Selects a line and scrolls to it.
   * @param {number} line
   */
  function goToLine(line) {
    const lines = element.value.split('\n');
    const from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    element.focus();
    element.setSelectionRange(from, from + (lines[line - 1] ?? '').length);
    element.scrollTop = ((line - 2) * element.scrollHeight) / lines.length;
  }

  /** @param {Flaw[]} flaws */
  function notify(flaws) {
    const lines = flaws.map((flaw) => flaw.line ?? lineOf(element.value, pointerOf(flaw)));
    drawNumbers(new Set(lines));
    show(message, flaws.map((flaw, at) => h('span', { class: 'flaw' },
      h('button', { type: 'button', class: 'quiet', 'aria-label': `Go to line ${lines[at]}`, onclick: () => goToLine(lines[at]) }, `Line ${lines[at]}`), h('span', null, flaw.message))));
    const is = flaws.length > 0;
    element.setCustomValidity(is ? flaws[0].message : '');
    if (is) element.setAttribute('aria-invalid', 'true');
    else element.removeAttribute('aria-invalid');
  }

  let turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  async function validateOnServer() {
    turn += 1;
    const mine = turn;
    const wrong = validate(element.value);
    /** @type {Flaw[]} */
    let flaws = wrong ? [{ line: 1, pointer: null, message: wrong }] : [];
    try {
      if (check) flaws = await check(element.value);
    } catch {
      // The next keystroke retries, and the server validates the value before it is published.
    }
    if (mine !== turn || (!box.isConnected && turn > 1)) return;
    notify(flaws);
    checked?.();
  }

  element.addEventListener('input', () => {
    drawNumbers();
    const wrong = validate(element.value);
    element.setCustomValidity(wrong);
    if (wrong) element.setAttribute('aria-invalid', 'true');
    else changed(element.value);
    clearTimeout(timer);
    timer = setTimeout(validateOnServer, PAUSE);
  });
  element.addEventListener('scroll', () => { gutter.scrollTop = element.scrollTop; }, { passive: true });
  drawNumbers();
  if (!disabled && isDoubtful) validateOnServer();
  return box;
}

/**
 * Returns the pointer to what an error is about. An unexpected property is reported at its object, but named.
 * @type {(flaw: Flaw) => string}
 */
function pointerOf({ pointer, message }) {
  const [, name] = /'([^']+)' was unexpected/.exec(message) ?? [];
  return name ? `${pointer ?? ''}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : pointer ?? '';
}
