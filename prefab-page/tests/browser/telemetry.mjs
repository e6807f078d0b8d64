// Reports contexts, loggers and evaluations as a front-end SDK does, in JSON.

export default async function report(on, text) {
  const now = Date.now();
  const authorization = `Basic ${btoa(`authuser:${on.key('Development', 'backend')}`)}`;
  const body = { instanceHash: 'browser-test', events: [
    { contextShapes: { shapes: [{ name: 'user', fieldTypes: { key: 2, name: 2, [text]: 2 } }] } },
    { exampleContexts: { examples: [{ timestamp: now, contextSet: { contexts: [{ type: 'user', values: { key: { string: 'u-1' }, name: { string: text }, email: { string: 'ann@acme.test' } } }] } }] } },
    { loggers: { startAt: now - 1000, endAt: now, loggers: [{ loggerName: text, infos: 3, errors: 1 }, { loggerName: 'my_app.checkout', infos: 120, debugs: 7 }] } },
  ] };
  const response = await fetch(`${on.url}/api/v1/telemetry`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`telemetry: ${response.status} ${await response.text()}`);
}
