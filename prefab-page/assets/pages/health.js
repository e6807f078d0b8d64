// Is the server well? Who is connected, how fast changes arrive, how much is sent.

import * as api from '../api.js';
import { h, show } from '../dom.js';
import { ago, bytes, number } from '../format.js';

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Health – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', null, h('h1', null, 'Health'), h('p', { class: 'about' }, 'How this server is, now.')), body);
  const time = (/** @type {number | null | undefined} */ micros) => (micros === null || micros === undefined ? '–' : micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(1)} ms`);
  /** @type {(name: string, value: Child) => Child[]} */
  const fact = (name, value) => [h('dt', null, name), h('dd', null, value)];
  async function draw() {
    /** @type {Health} */
    const told = await api.get(known.api('health'));
    show(body, h('section', { class: 'card' }, h('h2', null, 'The server'), h('dl', { class: 'pairs' }, fact('Version', told.version), fact('Started', ago(told.startedAt)), fact('Connections', number(told.connections)), fact('Database', bytes(told.databaseBytes)),
      fact('Telemetry received', bytes(told.telemetry.receivedBytes)), fact('Telemetry dropped here', number(told.telemetry.dropped)), fact('Telemetry dropped by clients', number(told.telemetry.droppedByClients)))),
    h('div', { class: 'grid' }, told.environments.map((one) => {
      const name = known.project.environments.find((each) => each.id === one.environment)?.name ?? one.environment;
      const latest = one.received.filter(({ version }) => version === told.newest).reduce((sum, { clients }) => sum + clients, 0);
      return h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, name), h('span', { class: `chip ${one.connected ? 'on' : ''}` }, `${one.connected} connected`)),
        h('dl', { class: 'pairs' }, fact('Have the newest version', one.connected ? `${latest} of ${one.connected}` : '–'), one.propagation && [fact('A change arrives, median', time(one.propagation.medianMicros)), fact('A change arrives, 99 %', time(one.propagation.p99Micros)), fact('Deliveries', number(one.propagation.deliveries))],
          one.payload && [fact('Configs sent', number(one.payload.configs)), fact('Snapshot', bytes(one.payload.plain)), fact('Snapshot, gzip', bytes(one.payload.gzip)), fact('Snapshot, zstd', bytes(one.payload.zstd))],
          (one.kinds ?? []).map(({ kind, clients }) => fact(`Streams: ${kind}`, number(clients)))));
    })));
  }
  known.listen((name) => { if (name === 'clients' || name === 'change') draw(); });
  await draw();
}
