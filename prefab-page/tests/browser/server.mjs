// A server in a process of its own, which can be stopped and restarted.

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
    // Another process may have taken the port while the server was stopped.
    for (const end = Date.now() + 30000; ;) {
      const one = spawn(process.env.PREFAB_BIN ?? 'prefab', ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', folder, '--json', '--log-level', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] });
      process_ = one;
      const started = once(createInterface(one.stdout), 'line').then(([line]) => JSON.parse(line));
      const begun = await Promise.race([started, once(one, 'exit').then(() => null)]);
      if (begun) return remember(begun);
      if (Date.now() > end) throw new Error('the server does not start');
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** @type {(begun: Begun) => void} */
  function remember(begun) {
    port = Number(new URL(begun.url).port);
    self.url = begun.url;
    if (begun.keys.length) Object.assign(self, { keys: begun.keys, signUp: begun.sign_up });
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
 * A client that subscribes to an environment as SDKs do.
 * @type {(on: Server, environment: string) => Promise<{close: () => Promise<void>}>}
 */
export async function client(on, environment) {
  const control = new AbortController();
  const authorization = `Basic ${btoa(`authuser:${on.key(environment, 'backend')}`)}`;
  const response = await fetch(`${on.url}/api/v1/sse/config`, { headers: { authorization }, signal: control.signal });
  if (!response.ok || !response.body) throw new Error(`the stream responded with ${response.status}`);
  const { body } = response;
  const reading = (async () => {
    try { for await (const _ of body); } catch { /* aborted by close */ }
  })();
  return { close: async () => { control.abort(); await reading; } };
}
