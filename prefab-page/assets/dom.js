// Builds and updates DOM nodes. Data becomes text nodes and attributes, never markup, so user input cannot run as code.

import { listenersOf, setListener } from './listeners.js';

/**
 * Creates an element.
 *
 * Properties that start with `on` are listeners. `true` sets an attribute without a value, except for `aria-*`, where
 * it sets the word. `false`, `null` and `undefined` are skipped.
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
  element.append(...flatten(children));
  applySelection(element);
  return element;
}

/**
 * Creates an SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown> | null} [properties]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, properties, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(element, name, value);
  element.append(...flatten(children));
  return element;
}

/** @type {(element: Element, name: string, value: unknown) => void} */
function setProperty(element, name, value) {
  if (value === null || value === undefined) return;
  // ARIA states and `draggable` are words; other boolean attributes are present or absent.
  const isWord = name.startsWith('aria-') || name === 'draggable';
  if (value === false && !isWord) return;
  if (name.startsWith('on')) setListener(element, name.slice(2), /** @type {EventListener} */ (value));
  else if (name === 'value' || name === 'checked' || name === 'indeterminate') Reflect.set(element, name, value);
  else element.setAttribute(name, value === true && !isWord ? '' : String(value));
}

/**
 * Returns the nodes and texts of nested children, without the skipped ones.
 * @type {(children: Child[]) => (Node | string)[]}
 */
function flatten(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return flatten(child);
    if (child === false || child === null || child === undefined || child === '') return [];
    return [child instanceof Node ? child : String(child)];
  });
}

/**
 * Selects the option that `data-chosen` names, after the options exist.
 * @type {(element: Element) => void}
 */
function applySelection(element) {
  if (element instanceof HTMLSelectElement && element.dataset.chosen !== undefined) element.value = element.dataset.chosen;
}

/**
 * Replaces the children of an element. A node that is among the old and the new children stays in the document, so it
 * keeps its focus, selection and pending clicks. If the focused node is replaced, the new node with the same
 * `data-focus` or `id` receives the focus.
 *
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 */
export function show(element, ...children) {
  const focused = document.activeElement;
  const name = focused instanceof HTMLElement && element.contains(focused) ? focused.dataset.focus ?? focused.id : '';
  place(element, flatten(children).map((child) => (child instanceof Node ? child : document.createTextNode(child))));
  applySelection(element);
  if (name && document.activeElement !== focused) focus(element, name);
  return element;
}

/**
 * Updates the children of an element in place: an old child with the same tag and `data-key` (or `data-focus`) takes the
 * attributes, listeners and children of the new one and stays in the document. Children without a key are matched in
 * order.
 *
 * A click whose mousedown and mouseup fall on two sides of an update still counts, and focus and scroll positions stay.
 * Use it only for elements that no closure refers to; a closure would refer to the new element, which is discarded.
 *
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 */
export function update(element, ...children) {
  patchChildren(element, flatten(children));
  return element;
}

/** @type {(parent: Element, children: (Node | string)[]) => void} */
function patchChildren(parent, children) {
  const wanted = new Set(children);
  /** @type {Map<string, ChildNode[]>} */
  const old = new Map();
  for (const node of parent.childNodes) if (!wanted.has(node)) addTo(old, kindOf(node), node);
  place(parent, children.map((child) => {
    if (child instanceof Node && child.parentNode === parent) return child;
    const match = old.get(kindOf(child))?.shift();
    if (!match) return child instanceof Node ? child : document.createTextNode(child);
    patch(match, child);
    return match;
  }));
  applySelection(parent);
}

/** @type {<T>(map: Map<string, T[]>, key: string, value: T) => void} */
function addTo(map, key, value) {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/**
 * Returns what an old and a new child must have in common: the tag, and `data-key` or `data-focus`.
 * @type {(child: Node | string) => string}
 */
function kindOf(child) {
  if (!(child instanceof Element)) return 'text';
  return `${child.tagName} ${child.getAttribute('data-key') ?? child.getAttribute('data-focus') ?? ''}`;
}

/** @type {(node: ChildNode, child: Node | string) => void} */
function patch(node, child) {
  if (!(child instanceof Element) || !(node instanceof Element)) {
    const text = child instanceof Node ? child.nodeValue : child;
    if (node.nodeValue !== text) node.nodeValue = text;
    return;
  }
  patchAttributes(node, child);
  patchListeners(node, child);
  patchChildren(node, [...child.childNodes]);
  if (node === document.activeElement) return;
  for (const name of ['value', 'checked']) {
    if (name in child && Reflect.get(node, name) !== Reflect.get(child, name)) Reflect.set(node, name, Reflect.get(child, name));
  }
}

/** @type {(element: Element, source: Element) => void} */
function patchAttributes(element, source) {
  for (const { name, value } of [...source.attributes]) {
    if (name !== 'style' && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  for (const { name } of [...element.attributes]) {
    // Whether details are open is up to the user.
    if (name !== 'style' && name !== 'open' && !source.hasAttribute(name)) element.removeAttribute(name);
  }
  // The content security policy allows styles through the object model only.
  if (element instanceof HTMLElement && source instanceof HTMLElement && element.style.cssText !== source.style.cssText) {
    element.style.cssText = source.style.cssText;
  }
}

/** @type {(element: Element, source: Element) => void} */
function patchListeners(element, source) {
  const next = listenersOf(source);
  for (const type of [...listenersOf(element).keys()]) if (!next.has(type)) setListener(element, type, null);
  for (const [type, listener] of next) setListener(element, type, listener);
}

/**
 * Makes `nodes` the children of `parent` and moves only those that are elsewhere.
 * @type {(parent: Element, nodes: Node[]) => void}
 */
function place(parent, nodes) {
  const kept = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

/**
 * Moves the focus to the element with this `data-focus` or `id`.
 * @type {(within: Element, name: string) => void}
 */
export function focus(within, name) {
  const escaped = CSS.escape(name);
  const element = within.querySelector(`[data-focus="${escaped}"]`) ?? within.querySelector(`#${escaped}`);
  if (element instanceof HTMLElement) element.focus();
}

/**
 * Creates a table. Its cells get the name of their column, which narrow screens show beside the value.
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
 * Sets the column names of a row that is added to a table later.
 * @type {(names: string[], row: HTMLTableRowElement) => HTMLTableRowElement}
 */
export function labelCells(names, row) {
  [...row.cells].forEach((cell, at) => { if (cell.colSpan === 1) cell.dataset.label = names[at] ?? ''; });
  return row;
}

/**
 * Returns a text of the server with the parts between backticks as code.
 * @type {(text: string) => Child[]}
 */
export const withCode = (text) => text.split('`').map((part, at, all) => {
  if (at % 2 === 0) return part;
  return at < all.length - 1 ? h('span', { class: 'code' }, part) : `\`${part}`;
});

let lastId = 0;
/** Returns an id that is unique in the document. */
export function uniqueId(prefix = 'x') {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * Creates a form field: label, input, hint, and a place for its error message.
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
 * Shows a toast and announces it to screen readers. Errors stay until they are dismissed, other toasts for 8 seconds.
 * @type {(text: string, kind?: 'info' | 'bad') => void}
 */
export function notify(text, kind = 'info') {
  const toasts = document.getElementById('toasts');
  if (!toasts) return;
  const toast = h('div', { class: `note ${kind}` }, h('span', null, withCode(text)),
    h('button', { class: 'quiet', type: 'button', 'aria-label': 'Dismiss', onclick: () => { toast.remove(); } }, '×'));
  toasts.append(toast);
  // A toast that is pointed at or focused stays.
  const remove = () => {
    if (toast.matches(':hover, :focus-within')) setTimeout(remove, 2000);
    else toast.remove();
  };
  if (kind !== 'bad') setTimeout(remove, 8000);
}
