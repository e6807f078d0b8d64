// A real server in a process of its own, that can be stopped and started again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * @param {string} folder for its database
 * @returns {Promise<Server>}
 */
export async function server(folder) {
  let port = 0;
  /** @type {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null> | null} */
  let process_ = null;
  /** @type {Server} */
  const self = { url: '', keys: [], signUp: '', start, stop, manage, key };

  async function start() {
    // Somebody else may have been given the port while nobody listened at it.
    for (const end = Date.now() + 30000; ;) {
      const one = spawn(process.env.PREFAB_BIN ?? 'prefab', ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', folder, '--json', '--log-level', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] });
      process_ = one;
      const begun = once(createInterface(one.stdout), 'line').then(([line]) => JSON.parse(line));
      const told = await Promise.race([begun, once(one, 'exit').then(() => null)]);
      if (told) return take(told);
      if (Date.now() > end) throw new Error('the server does not start');
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** @type {(told: Begun) => void} */
  function take(told) {
    port = Number(new URL(told.url).port);
    self.url = told.url;
    if (told.keys.length) Object.assign(self, { keys: told.keys, signUp: told.sign_up });
  }

  async function stop() {
    if (!process_) return;
    const ended = once(process_, 'exit');
    process_.kill('SIGKILL');
    await ended;
  }

  /** @type {(environment: string, kind: string) => string} */
  function key(environment, kind) {
    const found = self.keys.find((one) => one.environment === environment && one.kind === kind);
    if (!found) throw new Error(`no key of kind ${kind} for ${environment}`);
    return found.key;
  }

  /** @type {Server['manage']} */
  async function manage(method, at, body) {
    const headers = { authorization: `Bearer ${key('Development', 'admin')}`, 'content-type': 'application/json' };
    const response = await fetch(`${self.url}/api/manage/v1${at}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  await start();
  return self;
}

/**
 * A client that follows an environment as SDKs do, and nothing more.
 * @type {(on: Server, environment: string) => Promise<{close: () => Promise<void>}>}
 */
export async function client(on, environment) {
  const control = new AbortController();
  const authorization = `Basic ${btoa(`authuser:${on.key(environment, 'backend')}`)}`;
  const response = await fetch(`${on.url}/api/v1/sse/config`, { headers: { authorization }, signal: control.signal });
  if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
  const { body } = response;
  const reading = (async () => {
    try { for await (const _ of body); } catch { /* ended by us */ }
  })();
  return { close: async () => { control.abort(); await reading; } };
}
