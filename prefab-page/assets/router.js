// Addresses and navigation. Paths start like those that the official command-line tool prints.

/** @typedef {(() => Promise<boolean>) & {isDirty?: () => boolean}} LeaveGuard */

/** @type {LeaveGuard | null} */
let leaveGuard = null;
let openPage = () => {};

/**
 * Sets the function that opens the page of the current address.
 * @type {(listener: () => void) => void}
 */
export const onOpen = (listener) => { openPage = listener; };

/**
 * Sets the guard that is called before the user leaves the page. It resolves with true to allow it.
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
 * Returns the path of a page.
 * @type {(project: string, page: string, ...rest: string[]) => string}
 */
export const path = (project, page, ...rest) =>
  `/account/projects/${encodeURIComponent(project)}/${[page, ...rest].map(encodeURIComponent).join('/')}`;

/**
 * Opens a path, unless the guard refuses.
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
/** Remembers the current address, to return to it if the guard refuses. */
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

// Links to pages of the application do not reload the document.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (event.target.closest('a[href]')) : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (!link.pathname.startsWith('/account/')) return;
  event.preventDefault();
  navigate(link.getAttribute('href') ?? '');
});
