// Listeners of elements, one per event type, which an update can exchange while the element stays in the document.

/** @type {WeakMap<EventTarget, Map<string, EventListener>>} */
const listeners = new WeakMap();

/**
 * Sets the listener of an element for an event type; `null` removes it.
 * @type {(element: EventTarget, type: string, listener: EventListener | null) => void}
 */
export function setListener(element, type, listener) {
  const own = listenersOf(element);
  if (!listener) {
    own.delete(type);
    element.removeEventListener(type, dispatch);
    return;
  }
  if (!own.has(type)) element.addEventListener(type, dispatch);
  own.set(type, listener);
}

/**
 * Returns the listeners of an element by event type.
 * @type {(element: EventTarget) => Map<string, EventListener>}
 */
export function listenersOf(element) {
  const own = listeners.get(element) ?? new Map();
  listeners.set(element, own);
  return own;
}

/** @type {(event: Event) => void} */
function dispatch(event) {
  if (event.currentTarget) listeners.get(event.currentTarget)?.get(event.type)?.call(event.currentTarget, event);
}
