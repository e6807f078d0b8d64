// A native select.

import { h, uniqueId } from '../dom.js';

/**
 * @param {string[][]} options the value and the text of each
 * @param {string | null | undefined} chosen
 * @param {(value: string) => unknown} onChange
 * @param {boolean} [disabled]
 * @param {Properties<HTMLSelectElement>} [properties]
 */
export function select(options, chosen, onChange, disabled = false, properties = {}) {
  return h('select', { 'data-chosen': chosen, disabled, id: uniqueId('select'), onchange: (event) => onChange(event.target.value), ...properties },
    options.map(([value, text]) => h('option', { value }, text)));
}
