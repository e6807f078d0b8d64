// Builds nodes. Data becomes text nodes and attributes, never markup, so nothing that somebody wrote can run.

/**
 * Makes an element.
 *
 * Properties beginning with `on` are listeners, `class` and `data-*`/`aria-*` are attributes, `true` is an
 * attribute without a value (of `aria-*`, the word), `false`, `null` and `undefined` are left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties<HTMLElementTagNameMap[Tag]> | null} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}

/**
 * Makes an element of a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown> | null} [properties]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, properties, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}

/** @type {(element: Element, name: string, value: unknown) => void} */
function setProperty(element, name, value) {
  if (value === null || value === undefined) return;
  // States of accessibility and of dragging are words; others are there or not.
  const isWord = name.startsWith('aria-') || name === 'draggable';
  if (value === false && !isWord) return;
  if (name.startsWith('on')) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  else if (name === 'value' || name === 'checked' || name === 'indeterminate') Reflect.set(element, name, value);
  else element.setAttribute(name, value === true && !isWord ? '' : String(value));
}

/** @type {(element: Element, children: Child[]) => void} */
function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) {
      append(element, child);
      continue;
    }
    if (child === false || child === null || child === undefined || child === '') continue;
    element.append(child instanceof Node ? child : String(child));
  }
  // A choice is made once its options are there.
  if (element instanceof HTMLSelectElement && element.dataset.chosen !== undefined) element.value = element.dataset.chosen;
}

/**
 * Puts other children in place of an element's own. What has the focus keeps it, if it is there again.
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 */
export function show(element, ...children) {
  const focused = document.activeElement;
  const name = focused instanceof HTMLElement && element.contains(focused) ? focused.dataset.focus ?? focused.id : '';
  element.replaceChildren();
  append(element, children);
  if (name) focus(element, name);
  return element;
}

/**
 * Moves the focus to what is named so: by `data-focus` or `id`.
 * @type {(within: Element, name: string) => void}
 */
export function focus(within, name) {
  const escaped = CSS.escape(name);
  const found = /** @type {HTMLElement | null} */ (within.querySelector(`[data-focus="${escaped}"]`) ?? within.querySelector(`#${escaped}`));
  found?.focus();
}

/**
 * Makes a table whose cells know the name of their column, for screens that are too narrow for columns.
 * @param {Properties<HTMLTableElement> | null} properties
 * @param {HTMLTableSectionElement} head
 * @param {HTMLTableSectionElement} body
 */
export function table(properties, head, body) {
  const names = [...head.querySelectorAll('th')].map((cell) => cell.textContent);
  for (const row of body.rows) labelCells(names, row);
  return h('table', properties, head, body);
}

/**
 * Tells the cells of a row that comes later the names of their columns.
 * @type {(names: string[], row: HTMLTableRowElement) => HTMLTableRowElement}
 */
export function labelCells(names, row) {
  [...row.cells].forEach((cell, at) => { if (cell.colSpan === 1) cell.dataset.label = names[at] ?? ''; });
  return row;
}

/**
 * A sentence of the server's, in which keys stand between backticks.
 * @type {(text: string) => Child[]}
 */
export const withCode = (text) => text.split('`').map((part, at, all) => (at % 2 && at < all.length - 1 ? h('span', { class: 'code' }, part) : at % 2 ? `\`${part}` : part));

let count = 0;
/** Returns an id that nothing else has. */
export function uniqueId(prefix = 'x') {
  count += 1;
  return `${prefix}-${count}`;
}

/**
 * A field: label, input, hint, and room for what is wrong with it, beside it.
 * @param {string} label
 * @param {HTMLElement} input
 * @param {{hint?: string, error?: string, place?: string}} [more]
 */
export function field(label, input, { hint = '', error = '', place = '' } = {}) {
  const id = input.id || (input.id = uniqueId('field'));
  const message = h('p', { class: 'wrong', id: `${id}-wrong`, 'data-place': place || null }, error);
  const about = hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null;
  input.setAttribute('aria-describedby', [about && about.id, message.id].filter(Boolean).join(' '));
  if (error) input.setAttribute('aria-invalid', 'true');
  return h('div', { class: 'field' }, h('label', { for: id }, label), input, about, message);
}

/**
 * Says something to those who cannot see, and shows it for a while.
 * @type {(text: string, kind?: 'info' | 'bad') => void}
 */
export function notify(text, kind = 'info') {
  const place = document.getElementById('toasts');
  if (!place) return;
  const note = h('div', { class: `note ${kind}` }, h('span', null, text),
    h('button', { class: 'quiet', type: 'button', 'aria-label': 'Dismiss', onclick: () => { note.remove(); } }, '×'));
  place.append(note);
  if (kind !== 'bad') setTimeout(() => note.remove(), 8000);
}
