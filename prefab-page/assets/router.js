// Which page is where. Paths begin as those do that the official tool prints.

/** @typedef {(() => Promise<boolean>) & {isDirty?: () => boolean}} Asker */

/** @type {Asker | null} */
let leave = null;
let open = () => {};

/**
 * Called with every new place.
 * @type {(opener: () => void) => void}
 */
export const onOpen = (opener) => { open = opener; };

/**
 * Asks before the place is left: returns true if it may be.
 * @type {(asker: Asker | null) => void}
 */
export const guard = (asker) => { leave = asker; };

/** @type {() => Place} */
export function here() {
  const parts = location.pathname.split('/').filter(Boolean).map(decode);
  const [, , project = '', page = '', ...rest] = parts;
  return { project, page, rest, key: rest.join('/'), query: new URLSearchParams(location.search) };
}

/** @type {(part: string) => string} */
function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

/**
 * Returns a path in the page.
 * @type {(project: string, page: string, ...rest: string[]) => string}
 */
export const path = (project, page, ...rest) =>
  `/account/projects/${encodeURIComponent(project)}/${[page, ...rest].map(encodeURIComponent).join('/')}`;

/**
 * Goes to a path.
 * @type {(to: string, how?: {replace?: boolean}) => Promise<void>}
 */
export async function go(to, { replace = false } = {}) {
  if (!(await mayLeave())) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  open();
}

async function mayLeave() {
  if (!leave) return true;
  if (!(await leave())) return false;
  leave = null;
  return true;
}

let current = location.href;
/** Remembers where we are, to come back where leaving is refused. */
export const arrived = () => { current = location.href; };

addEventListener('popstate', async () => {
  const wanted = location.href;
  if (leave) history.pushState(null, '', current);
  if (!(await mayLeave())) return;
  history.replaceState(null, '', wanted);
  open();
});

addEventListener('beforeunload', (event) => {
  if (leave?.isDirty?.()) event.preventDefault();
});

// Links within the page change the place without loading anything.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (event.target.closest('a[href]')) : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (!link.pathname.startsWith('/account/')) return;
  event.preventDefault();
  go(link.getAttribute('href') ?? '');
});
