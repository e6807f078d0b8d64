// Reports contexts, loggers and evaluations in JSON, as client-side SDKs do.

/**
 * @param {Server} on
 * @param {string} text used for every string that an app can send
 */
export default async function report(on, text) {
  const now = Date.now();
  await send(on, [
    { contextShapes: { shapes: [{ name: 'user', fieldTypes: { key: 2, name: 2, [text]: 2 } }] } },
    { exampleContexts: { examples: [{ timestamp: now, contextSet: { contexts: [{ type: 'user', values: { key: { string: 'u-1' }, name: { string: text }, email: { string: 'ann@acme.test' } } }] } }] } },
    { loggers: { startAt: now - 1000, endAt: now, loggers: [{ loggerName: text, infos: 3, errors: 1 }] } },
  ]);
}

/**
 * Reports the messages of a logger by level: `{traces: 41}`.
 * @type {(on: Server, loggerName: string, counts: Record<string, number>) => Promise<void>}
 */
export async function lines(on, loggerName, counts) {
  const now = Date.now();
  await send(on, [{ loggers: { startAt: now - 1000, endAt: now, loggers: [{ loggerName, ...counts }] } }]);
}

/**
 * Reports a day of a small shop.
 * @param {Server} on
 * @param {{key: string, id: string, type: string, values: {value: object, share: number}[]}[]} keys
 */
export async function day(on, keys) {
  const now = Date.now();
  const names = ['ann', 'bea', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hal', 'ida', 'jo', 'kim', 'lou'];
  const examples = names.map((name, at) => ({ timestamp: now - at * 1000, contextSet: { contexts: [{ type: 'user', values: { key: { string: `u-${at}` }, email: { string: `${name}@${at % 3 ? 'example.test' : 'acme.test'}` }, plan: { string: at % 2 ? 'free' : 'pro' } } }] } }));
  /** @type {[string, number, number][]} */
  const loggers = [['shop.cart', 412, 0], ['shop.checkout', 1270, 3], ['shop.checkout.payment', 230, 11], ['shop.search', 5230, 0]];
  await send(on, [
    { contextShapes: { shapes: [{ name: 'user', fieldTypes: { key: 2, email: 2, plan: 2 } }] } },
    { exampleContexts: { examples } },
    { loggers: { startAt: now - 1000, endAt: now, loggers: loggers.map(([loggerName, infos, errors]) => ({ loggerName, infos, errors, debugs: infos >> 3 })) } },
  ]);
  for (let hour = 23; hour >= 0; hour -= 1) {
    const end = now - hour * 36e5;
    const busy = 40 + Math.round(60 * Math.sin(((24 - hour) / 24) * Math.PI));
    const summaries = keys.map(({ key, id, type, values }) => ({ key, type, counters: values.map(({ value, share }) => ({ configId: id, selectedValue: value, count: Math.max(1, Math.round(busy * share)) })) }));
    await send(on, [{ summaries: { start: end - 1000, end, summaries } }]);
  }
}

/** @type {(on: Server, events: object[]) => Promise<void>} */
async function send(on, events) {
  const authorization = `Basic ${btoa(`authuser:${on.key('Development', 'backend')}`)}`;
  const body = JSON.stringify({ instanceHash: 'browser-test', events });
  const response = await fetch(`${on.url}/api/v1/telemetry`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`telemetry: ${response.status} ${await response.text()}`);
}
