// Asks the management API. Who is signed in, what to do when that ends or the server is away: all here.

const PREFIX = '/api/manage/v1';
const KEY = 'prefab-admin-key';

/**
 * What the page knows of whoever is signed in.
 * @type {{csrf: string, person: Account | null, projects: SessionProject[], isKey: boolean}}
 */
export const session = { csrf: '', person: null, projects: [], isKey: false };

/**
 * Set by the page: shows a dialog and resolves once somebody has signed in again.
 * @type {{signIn: () => Promise<void>, away: (is: boolean) => void}}
 */
export const hooks = { signIn: () => Promise.reject(new Error('signed out')), away: (_is) => {} };

/** A refusal, with its code and what was wrong in particular. Callers decide by the code; it is empty for a proxy's refusal. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{message?: string, code?: ErrorCode, _embedded?: {errors: {message: string}[]}} | null} body
   */
  constructor(status, body) {
    const causes = body?._embedded?.errors.map((error) => error.message) ?? [];
    super(causes[0] ?? body?.message ?? `the server answered ${status}`);
    this.status = status;
    this.code = body?.code ?? '';
    this.causes = causes.length ? causes : [this.message];
  }
}

/** @type {(method: string, body?: unknown) => Record<string, string>} */
function fields(method, body) {
  /** @type {Record<string, string>} */
  const headers = {};
  const key = sessionStorage.getItem(KEY);
  if (key) headers.authorization = `Bearer ${key}`;
  if (session.csrf && method !== 'GET') headers['x-prefab-csrf'] = session.csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  return headers;
}

/** @type {(millis: number) => Promise<void>} */
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/**
 * Sends a request as it is; what cannot be reached is an error without `status`.
 * @type {(method: string, path: string, body?: unknown) => Promise<Response>}
 */
async function send(method, path, body) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(PREFIX + path, { method, headers: fields(method, body), body: text, credentials: 'same-origin' });
}

/**
 * Asks, and waits where waiting helps: for a server that restarts when only reading, and for somebody to sign
 * in again whatever is done, so that nothing that was typed is lost.
 * @type {(method: string, path: string, body?: unknown) => Promise<Json>}
 */
async function ask(method, path, body) {
  for (let attempt = 0; ; attempt += 1) {
    let response;
    try {
      response = await send(method, path, body);
    } catch {
      hooks.away(true);
      if (method === 'GET' || attempt < 3) {
        await pause(Math.min(250 * 2 ** attempt, 4000));
        continue;
      }
      throw new Error('the server cannot be reached; nothing was changed, try again in a moment');
    }
    // A proxy before the server answers 503 and 401 without a code.
    if (response.status === 503 && attempt < 6) {
      await pause(Math.min(250 * 2 ** attempt, 4000));
      continue;
    }
    hooks.away(false);
    if (response.status === 401) {
      await hooks.signIn();
      continue;
    }
    const text = await response.text();
    let answer = null;
    try {
      answer = text ? JSON.parse(text) : null;
    } catch {
      answer = text;
    }
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  }
}

// What an answer is, whoever asks says by where it is put.
/** @type {<T>(path: string) => Promise<T>} */
export const get = (path) => ask('GET', path);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const post = (path, body) => ask('POST', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const put = (path, body) => ask('PUT', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const patch = (path, body) => ask('PATCH', path, body);
/** @type {<T>(path: string, body?: unknown) => Promise<T>} */
export const remove = (path, body) => ask('DELETE', path, body);

/**
 * The beginning of a project's paths.
 * @type {(project: string, ...parts: string[]) => string}
 */
export const at = (project, ...parts) =>
  `/projects/${project}${parts.map((part) => `/${encodeURIComponent(part)}`).join('')}`;

/**
 * Makes a query of what is there.
 * @type {(wanted: Record<string, string | number | boolean | null | undefined>) => string}
 */
export const query = (wanted) => {
  const pairs = Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : '';
};

/**
 * Opens the stream of what happens in a project.
 * @type {(project: string, last: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>}
 */
export async function stream(project, last, signal) {
  /** @type {Record<string, string>} */
  const headers = { ...fields('GET'), accept: 'text/event-stream' };
  if (last) headers['last-event-id'] = last;
  const response = await fetch(`${PREFIX}/projects/${project}/events`, { headers, signal, credentials: 'same-origin' });
  if (!response.ok || !response.body) throw new Refused(response.status, await response.json().catch(() => null));
  return response.body;
}

/** @type {(method: string, path: string, body?: unknown) => Promise<Json>} */
async function once(method, path, body) {
  const response = await send(method, path, body);
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** @type {(answer: Told) => void} */
function take(answer) {
  Object.assign(session, { csrf: answer.csrf, person: answer.person, projects: answer.projects, isKey: false });
}

/** Finds out who is signed in; false if nobody is. */
export async function begin() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const key = sessionStorage.getItem(KEY);
      if (key) await withKey(key);
      else take(await once('GET', '/session'));
      hooks.away(false);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status < 500) return false;
      hooks.away(true);
      await pause(Math.min(250 * 2 ** attempt, 4000));
    }
  }
}

/** @type {(email: string, password: string) => Promise<void>} */
export async function signIn(email, password) {
  sessionStorage.removeItem(KEY);
  take(await once('POST', '/session', { email, password }));
}

/** @type {(wish: {token: string, name: string, email: string, password: string}) => Promise<void>} */
export async function signUp(wish) {
  sessionStorage.removeItem(KEY);
  take(await once('POST', '/sign-up', wish));
}

/** @type {(token: string, password: string) => Promise<void>} */
export async function reset(token, password) {
  sessionStorage.removeItem(KEY);
  take(await once('POST', '/password-reset', { token, password }));
}

/**
 * An admin key may do anything in its project. It is kept until the tab is closed.
 * @type {(key: string) => Promise<void>}
 */
export async function withKey(key) {
  const before = sessionStorage.getItem(KEY);
  sessionStorage.setItem(KEY, key);
  try {
    /** @type {SessionProject[]} */
    const projects = await once('GET', '/projects');
    /** @type {SessionProject[]} */
    const mine = projects.map((project) => ({ ...project, role: 'admin',
      environments: project.environments.map((one) => ({ ...one, role: 'admin' })) }));
    Object.assign(session, { csrf: '', person: null, projects: mine, isKey: true });
  } catch (error) {
    if (before && before !== key) sessionStorage.setItem(KEY, before);
    else sessionStorage.removeItem(KEY);
    throw error;
  }
}

export async function signOut() {
  if (session.isKey) sessionStorage.removeItem(KEY);
  else await ask('DELETE', '/session');
  forget();
}

/** Nobody is signed in any more. */
export const forget = () => { Object.assign(session, { csrf: '', person: null, projects: [], isKey: false }); };
