// A real server in a process of its own, that can be stopped and started again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** @param {string} folder for its database */
export async function server(folder) {
  let port = 0;
  let process_ = null;
  const self = { url: '', keys: [], signUp: '', start, stop, manage, key };

  async function start() {
    // Somebody else may have been given the port while nobody listened at it.
    for (const end = Date.now() + 30000; ;) {
      process_ = spawn(process.env.PREFAB_BIN, ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', folder, '--json', '--log-level', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const begun = once(createInterface(process_.stdout), 'line').then(([line]) => JSON.parse(line));
      const told = await Promise.race([begun, once(process_, 'exit').then(() => null)]);
      if (told) return take(told);
      if (Date.now() > end) throw new Error('the server does not start');
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  function take(told) {
    port = Number(new URL(told.url).port);
    self.url = told.url;
    if (told.keys.length) Object.assign(self, { keys: told.keys, signUp: told.sign_up });
  }

  async function stop() {
    const ended = once(process_, 'exit');
    process_.kill('SIGKILL');
    await ended;
  }

  function key(environment, kind) {
    return self.keys.find((one) => one.environment === environment && one.kind === kind).key;
  }

  /** Asks the management API with an admin key. */
  async function manage(method, at, body) {
    const headers = { authorization: `Bearer ${key('Development', 'admin')}`, 'content-type': 'application/json' };
    const response = await fetch(`${self.url}/api/manage/v1${at}`, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  await start();
  return self;
}

/** A client that follows an environment as SDKs do, and nothing more. */
export async function client(on, environment) {
  const control = new AbortController();
  const authorization = `Basic ${btoa(`authuser:${on.key(environment, 'backend')}`)}`;
  const response = await fetch(`${on.url}/api/v1/sse/config`, { headers: { authorization }, signal: control.signal });
  if (!response.ok) throw new Error(`the stream answered ${response.status}`);
  const reading = (async () => {
    try { for await (const _ of response.body); } catch { /* ended by us */ }
  })();
  return { close: async () => { control.abort(); await reading; } };
}
