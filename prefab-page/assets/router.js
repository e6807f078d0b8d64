// Which page is where. Paths begin as those do that the official tool prints.

/** @typedef {(() => Promise<boolean>) & {isDirty?: () => boolean}} LeaveGuard */

/** @type {LeaveGuard | null} */
let leaveGuard = null;
let openPage = () => {};

/**
 * Called with every new place.
 * @type {(listener: () => void) => void}
 */
export const onOpen = (listener) => { openPage = listener; };

/**
 * Asks before the place is left: returns true if it may be.
 * @type {(guard: LeaveGuard | null) => void}
 */
export const setLeaveGuard = (guard) => { leaveGuard = guard; };

/** @type {() => Place} */
export function currentPlace() {
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
export async function navigate(to, { replace = false } = {}) {
  if (!(await mayLeave())) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  openPage();
}

async function mayLeave() {
  if (!leaveGuard) return true;
  if (!(await leaveGuard())) return false;
  leaveGuard = null;
  return true;
}

let currentUrl = location.href;
/** Remembers where we are, to come back where leaving is refused. */
export const rememberLocation = () => { currentUrl = location.href; };

addEventListener('popstate', async () => {
  const target = location.href;
  if (leaveGuard) history.pushState(null, '', currentUrl);
  if (!(await mayLeave())) return;
  history.replaceState(null, '', target);
  openPage();
});

addEventListener('beforeunload', (event) => {
  if (leaveGuard?.isDirty?.()) event.preventDefault();
});

// Links within the page change the place without loading anything.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (event.target.closest('a[href]')) : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (!link.pathname.startsWith('/account/')) return;
  event.preventDefault();
  navigate(link.getAttribute('href') ?? '');
});
