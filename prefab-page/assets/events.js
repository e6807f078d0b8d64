// What happens in a project, as it happens. Reconnects quietly, and continues where it was.

import * as api from './api.js';

/** @type {Set<Listener>} */
const listeners = new Set();
let project = '';
let last = '';
/** @type {AbortController | null} */
let control = null;
let times = 0;

/**
 * The last `clients` event of each environment.
 * @type {Map<string, Clients>}
 */
export const clients = new Map();

/**
 * Listens until the returned function is called.
 * @type {(listener: Listener) => () => void}
 */
export function listen(listener) {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** @type {Listener} */
function say(name, data) {
  if (name === 'clients') clients.set(data.environment, data);
  for (const listener of [...listeners]) listener(name, data);
}

/**
 * Follows a project, and no other.
 * @type {(wanted: string) => void}
 */
export function follow(wanted) {
  if (wanted === project && control) return;
  control?.abort();
  clients.clear();
  times = 0;
  [project, last, control] = [wanted, '', new AbortController()];
  if (wanted) run(wanted, control.signal);
}

/** @type {(wanted: string, signal: AbortSignal) => Promise<void>} */
async function run(wanted, signal) {
  for (let waited = 500; !signal.aborted; waited = Math.min(waited * 2, 10000)) {
    const begun = Date.now();
    try {
      const body = await api.stream(wanted, last, signal);
      api.hooks.away(false);
      await read(body, signal);
    } catch (error) {
      // Whatever ended it, it is opened again; what never got through tells that the server is away.
      if (error instanceof TypeError && Date.now() - begun < 2000 && !signal.aborted) api.hooks.away(true);
    }
    if (signal.aborted) return;
    if (Date.now() - begun > 10000) waited = 500;
    await new Promise((done) => setTimeout(done, waited));
  }
}

/** @type {(body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal) => Promise<void>} */
async function read(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  times += 1;
  // Whoever shows what may have changed meanwhile looks again.
  if (times > 1) say('again', null);
  let text = '';
  while (!signal.aborted) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    blocks.forEach(take);
  }
}

/** @type {(block: string) => void} */
function take(block) {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
    else if (line.startsWith('id: ')) last = line.slice(4);
  }
  if (name && data) say(name, JSON.parse(data));
}
