// An input for durations, which accepts words and stores ISO 8601.

import { field, h, show, uniqueId } from '../dom.js';
import { duration as describe } from '../format.js';

const ISO = /^P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?$/i;
/** @type {[string, RegExp, number][]} */
const UNITS = [['W', /^w(ee)?ks?$|^w$/, 604800], ['D', /^d(ays?)?$/, 86400], ['H', /^h(ours?|rs?)?$/, 3600], ['M', /^m(in(ute)?s?)?$/, 60], ['S', /^s(ec(ond)?s?)?$/, 1], ['ms', /^(ms|milli(second)?s?)$/, 0.001]];

/**
 * Parses a duration: `1 minute 30 seconds`, `1h 30m`, `90s`, `PT90S`. Returns ISO 8601, or an empty text.
 * @type {(text: string) => string}
 */
export function parseDuration(text) {
  const typed = text.trim();
  if (ISO.test(typed)) return typed.toUpperCase();
  const parts = [...typed.toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)];
  const rest = typed.toLowerCase().replace(/(\d+(?:\.\d+)?)\s*([a-z]+)/g, '').replace(/\band\b|[,\s]/g, '');
  if (!parts.length || rest) return '';
  /** @type {Record<string, number>} */
  const amounts = {};
  for (const [, amount, word] of parts) {
    const unit = UNITS.find(([, names]) => names.test(word));
    if (!unit || unit[0] in amounts) return '';
    amounts[unit[0]] = Number(amount);
  }
  return toIso(amounts);
}

/** @type {(amounts: Record<string, number>) => string} */
function toIso({ W = 0, D = 0, H = 0, M = 0, S = 0, ms = 0 }) {
  // Fractions of days become hours and weeks become days: clients do not parse weeks.
  const days = W * 7 + D;
  const seconds = Number((S + ms / 1000).toFixed(3));
  const hours = Number((H + (days % 1) * 24).toFixed(6));
  const date = days >= 1 ? `${Math.floor(days)}D` : '';
  const time = [[hours, 'H'], [M, 'M'], [seconds, 'S']].filter(([amount]) => amount).map(([amount, unit]) => `${amount}${unit}`).join('');
  if (!date && !time) return 'PT0S';
  return `P${date}${time && `T${time}`}`;
}

/**
 * Creates a field for a duration.
 * @type {(label: string, iso: string, changed: (iso: string) => void, place: string, disabled: boolean) => HTMLElement}
 */
export function durationInput(label, iso, changed, place, disabled) {
  const element = h('input', { id: uniqueId('value'), value: describe(iso), disabled, autocomplete: 'off', spellcheck: 'false', placeholder: '1 minute 30 seconds' });
  const box = field(label, element, { hint: iso, place });
  const [hint, message] = [box.querySelector('.hint'), box.querySelector('.wrong')];
  element.addEventListener('input', () => {
    const found = parseDuration(element.value);
    const wrong = found ? '' : 'Expected a duration such as 1 minute 30 seconds, 90s or PT90S.';
    element.setCustomValidity(wrong);
    if (wrong) element.setAttribute('aria-invalid', 'true');
    else element.removeAttribute('aria-invalid');
    show(/** @type {HTMLElement} */ (message), wrong);
    show(/** @type {HTMLElement} */ (hint), found && (describe(found) === element.value.trim() ? found : `${describe(found)}: ${found}`));
    if (found) changed(found);
  });
  return box;
}
