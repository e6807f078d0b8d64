// The event stream of a project. It reconnects automatically and resumes after the last event.

import * as api from './api.js';

/** @type {Set<Listener>} */
const listeners = new Set();
let project = '';
let lastEventId = '';
/** @type {AbortController | null} */
let abort = null;
let connections = 0;

/**
 * The last `clients` event of each environment.
 * @type {Map<string, Clients>}
 */
export const clients = new Map();

/**
 * Adds a listener; the returned function removes it.
 * @type {(listener: Listener) => () => void}
 */
export function listen(listener) {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** @type {Listener} */
function emit(name, data) {
  if (name === 'clients') clients.set(data.environment, data);
  for (const listener of [...listeners]) listener(name, data);
}

/**
 * Connects to the stream of a project and disconnects from any other.
 * @type {(id: string) => void}
 */
export function connect(id) {
  if (id === project && abort) return;
  abort?.abort();
  clients.clear();
  connections = 0;
  [project, lastEventId, abort] = [id, '', new AbortController()];
  if (id) run(id, abort.signal);
}

/** @type {(id: string, signal: AbortSignal) => Promise<void>} */
async function run(id, signal) {
  for (let delay = 500; !signal.aborted; delay = Math.min(delay * 2, 10000)) {
    const startedAt = Date.now();
    try {
      const body = await api.stream(id, lastEventId, signal);
      api.hooks.setOffline(false);
      await read(body, signal);
    } catch (error) {
      // A failure within 2 seconds means that the server is unreachable. The loop reconnects in any case.
      if (error instanceof TypeError && Date.now() - startedAt < 2000 && !signal.aborted) api.hooks.setOffline(true);
    }
    if (signal.aborted) return;
    if (Date.now() - startedAt > 10000) delay = 500;
    await new Promise((done) => setTimeout(done, delay));
  }
}

/** @type {(body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal) => Promise<void>} */
async function read(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  connections += 1;
  // Events may have been missed, so listeners reload their data.
  if (connections > 1) emit('reconnected', null);
  let text = '';
  while (!signal.aborted) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    blocks.forEach(handleBlock);
  }
}

/** @type {(block: string) => void} */
function handleBlock(block) {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
    else if (line.startsWith('id: ')) lastEventId = line.slice(4);
  }
  if (name && data) emit(name, JSON.parse(data));
}
