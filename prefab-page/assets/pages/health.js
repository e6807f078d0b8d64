// The status of the server: connected clients, propagation times and payload sizes.

import * as api from '../api.js';
import { h, show, update } from '../dom.js';
import { ago, bytes, number } from '../format.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Server – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', null, h('h1', null, 'Server'), h('p', { class: 'about' }, 'Status of this server, and the clients of all servers on the same database.')), body);
  const time = (/** @type {number | null | undefined} */ micros) => (micros === null || micros === undefined ? '–' : micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(1)} ms`);
  /** @type {(name: string, value: Child) => Child[]} */
  const fact = (name, value) => [h('dt', null, name), h('dd', null, value)];
  async function draw() {
    /** @type {Health} */
    const response = await api.get(page.api('health'));
    update(body, h('section', { class: 'card' }, h('h2', null, 'This server'), h('dl', { class: 'pairs' }, fact('Version', response.version), fact('Started', ago(response.startedAt)), fact('Connections', number(response.connections)), fact('Database', bytes(response.databaseBytes)),
      fact('Telemetry received', bytes(response.telemetry.receivedBytes)), fact('Telemetry dropped here', number(response.telemetry.dropped)), fact('Telemetry dropped by clients', number(response.telemetry.droppedByClients)))),
    (response.servers?.length ?? 0) > 1 && h('section', { class: 'card' }, h('h2', null, 'Servers'), h('dl', { class: 'pairs' },
      response.servers?.map((server) => fact(server.name, `${number(server.clients)} clients${server.ageMillis === undefined ? ', this server' : ''}`)))),
    h('div', { class: 'grid' }, response.environments.map((one) => {
      const name = page.project.environments.find((each) => each.id === one.environment)?.name ?? one.environment;
      const latest = one.received.filter(({ version }) => version === response.newest).reduce((sum, { clients }) => sum + clients, 0);
      return h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, name), h('span', { class: `chip ${one.connected ? 'on' : ''}` }, `${one.connected} connected`)),
        h('dl', { class: 'pairs' }, fact('Up to date', one.connected ? `${latest} of ${one.connected - (one.elsewhere ?? 0)}${one.elsewhere ? ', on this server' : ''}` : '–'), one.propagation && [fact('Propagation p50', time(one.propagation.medianMicros)), fact('Propagation p99', time(one.propagation.p99Micros)), fact('Deliveries', number(one.propagation.deliveries))],
          one.payload && [fact('Configs sent', number(one.payload.configs)), fact('Payload', bytes(one.payload.plain)), fact('Payload, gzip', bytes(one.payload.gzip)), fact('Payload, zstd', bytes(one.payload.zstd))],
          (one.kinds ?? []).map(({ kind, clients }) => fact(`Streams: ${kind}`, number(clients)))));
    })));
  }
  page.listen((name) => { if (name === 'clients' || name === 'change') draw(); });
  await draw();
}
