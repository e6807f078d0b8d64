// Requests to the management API: the session, retries while the server restarts, and sign-in after the session expires.

const PREFIX = '/api/manage/v1';
const KEY = 'prefab-admin-key';

/**
 * The signed-in person or admin key.
 * @type {{csrf: string, person: Account | null, projects: SessionProject[], isOwner: boolean, offers: Api.MembershipOffer[], isKey: boolean}}
 */
export const session = { csrf: '', person: null, projects: [], isOwner: false, offers: [], isKey: false };

/**
 * Set by the page. `signIn` shows a dialog and resolves after the user has signed in; `setOffline` shows whether the server is reachable.
 * @type {{signIn: () => Promise<void>, setOffline: (isOffline: boolean) => void}}
 */
export const hooks = { signIn: () => Promise.reject(new Error('signed out')), setOffline: (_isOffline) => {} };

/** An error response. Callers decide by `code`, which is empty if a proxy sent the response; `causes` are the details. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{message?: string, code?: ErrorCode, _embedded?: {errors: {message: string}[]}} | null} body
   */
  constructor(status, body) {
    const causes = body?._embedded?.errors.map((error) => error.message) ?? [];
    super(causes[0] ?? body?.message ?? `The server responded with status ${status}.`);
    this.status = status;
    this.code = body?.code ?? '';
    this.causes = causes.length ? causes : [this.message];
  }
}

/**
 * The newest change of each project that this tab has made. Another server may answer the next request, and waits for it.
 * @type {Map<string, string>}
 */
const lastIds = new Map();

/** @type {(path: string) => string | undefined} */
const projectOf = (path) => /^\/projects\/(\d+)/.exec(path)?.[1];

/** @type {(method: string, path: string, body?: unknown) => Record<string, string>} */
function headersFor(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = {};
  const key = sessionStorage.getItem(KEY);
  if (key) headers.authorization = `Bearer ${key}`;
  if (session.csrf && method !== 'GET') headers['x-prefab-csrf'] = session.csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const lastId = lastIds.get(projectOf(path) ?? '');
  if (lastId) headers['x-prefab-last-id'] = lastId;
  return headers;
}

/** @type {(millis: number) => Promise<void>} */
const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

/**
 * Sends a request once. Fails with an error without `status` if the server is unreachable.
 * @type {(method: string, path: string, body?: unknown) => Promise<Response>}
 */
async function send(method, path, body) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(PREFIX + path, { method, headers: headersFor(method, path, body), body: text, credentials: 'same-origin' });
  const [project, lastId] = [projectOf(path), response.headers.get('x-prefab-last-id')];
  if (project && lastId) lastIds.set(project, lastId);
  return response;
}

/**
 * Sends a request and retries: reads while the server is unreachable, any request while it responds with 503, and any
 * request after the user has signed in again, so that no input is lost.
 * @type {(method: string, path: string, body?: unknown) => Promise<Json>}
 */
async function request(method, path, body) {
  for (let attempt = 0; ; attempt += 1) {
    let response;
    try {
      response = await send(method, path, body);
    } catch {
      hooks.setOffline(true);
      if (method === 'GET' || attempt < 3) {
        await sleep(Math.min(250 * 2 ** attempt, 4000));
        continue;
      }
      throw new Error('Cannot reach the server. Nothing was changed. Try again in a moment.');
    }
    // A proxy in front of the server responds with 503 and 401 without a code.
    if (response.status === 503 && attempt < 6) {
      await sleep(Math.min(250 * 2 ** attempt, 4000));
      continue;
    }
    hooks.setOffline(false);
    if (response.status === 401) {
      await hooks.signIn();
      continue;
    }
    const text = await response.text();
    let content = null;
    try {
      content = text ? JSON.parse(text) : null;
    } catch {
      content = text;
    }
    if (!response.ok) throw new Refused(response.status, content);
    return content;
  }
}

// The caller's annotation determines the type of a response.
/** @type {<T>(path: string) => Promise<T>} */
export const get = (path) => request('GET', path);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const post = (path, body) => request('POST', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const put = (path, body) => request('PUT', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const patch = (path, body) => request('PATCH', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const remove = (path, body) => request('DELETE', path, body);

/**
 * Returns a path of a project.
 * @type {(project: string, ...parts: string[]) => string}
 */
export const projectPath = (project, ...parts) =>
  `/projects/${project}${parts.map((part) => `/${encodeURIComponent(part)}`).join('')}`;

/**
 * Returns a query string with the parameters that have a value.
 * @type {(parameters: Record<string, string | number | boolean | null | undefined>) => string}
 */
export const query = (parameters) => {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : '';
};

/**
 * Opens the event stream of a project.
 * @type {(project: string, last: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>}
 */
export async function stream(project, last, signal) {
  /** @type {Record<string, string>} */
  const headers = { ...headersFor('GET', ''), accept: 'text/event-stream' };
  if (last) headers['last-event-id'] = last;
  const response = await fetch(`${PREFIX}/projects/${project}/events`, { headers, signal, credentials: 'same-origin' });
  if (!response.ok || !response.body) throw new Refused(response.status, await response.json().catch(() => null));
  return response.body;
}

/** @type {(method: string, path: string, body?: unknown) => Promise<Json>} */
async function requestOnce(method, path, body) {
  const response = await send(method, path, body);
  const content = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, content);
  return content;
}

/** @type {(content: Api.SessionResponse) => void} */
function setSession(content) {
  Object.assign(session, { csrf: content.csrf, person: content.person, projects: content.projects, isOwner: Boolean(content.isOwner), offers: content.offers ?? [], isKey: false });
}

/** Loads the session. Returns false if the user is not signed in. */
export async function loadSession() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const key = sessionStorage.getItem(KEY);
      if (key) await signInWithKey(key);
      else setSession(await requestOnce('GET', '/session'));
      hooks.setOffline(false);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status < 500) return false;
      hooks.setOffline(true);
      await sleep(Math.min(250 * 2 ** attempt, 4000));
    }
  }
}

/** @type {(email: string, password: string) => Promise<void>} */
export async function signIn(email, password) {
  sessionStorage.removeItem(KEY);
  setSession(await requestOnce('POST', '/session', { email, password }));
}

/** @type {(details: {token: string, name: string, email: string, password: string}) => Promise<void>} */
export async function signUp(details) {
  sessionStorage.removeItem(KEY);
  setSession(await requestOnce('POST', '/sign-up', details));
}

/** @type {(token: string, password: string) => Promise<void>} */
export async function reset(token, password) {
  sessionStorage.removeItem(KEY);
  setSession(await requestOnce('POST', '/password-reset', { token, password }));
}

/**
 * Signs in with an admin key, which is kept until the tab is closed.
 * @type {(key: string) => Promise<void>}
 */
export async function signInWithKey(key) {
  const previous = sessionStorage.getItem(KEY);
  sessionStorage.setItem(KEY, key);
  try {
    /** @type {SessionProject[]} */
    const projects = await requestOnce('GET', '/projects');
    /** @type {SessionProject[]} */
    const ownProjects = projects.map((project) => ({ ...project, role: 'admin',
      environments: project.environments.map((one) => ({ ...one, role: 'admin' })) }));
    Object.assign(session, { csrf: '', person: null, projects: ownProjects, isOwner: false, offers: [], isKey: true });
  } catch (error) {
    if (previous && previous !== key) sessionStorage.setItem(KEY, previous);
    else sessionStorage.removeItem(KEY);
    throw error;
  }
}

export async function signOut() {
  if (session.isKey) sessionStorage.removeItem(KEY);
  else await request('DELETE', '/session');
  clearSession();
}

/** Clears the session in the page. */
export const clearSession = () => { Object.assign(session, { csrf: '', person: null, projects: [], isOwner: false, offers: [], isKey: false }); };
