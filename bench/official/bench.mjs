// Measures the official Node SDK on the work of this benchmark. Prints a list of outcomes as JSON.
//
//     PREFAB_OFFICIAL_CLIENTS=FOLDER node bench.mjs FEW.json MANY.json
//
// It uses no network: `fetch` is replaced by a local function. Times are the processor time of the process, including
// garbage collection.
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [few, many] = process.argv.slice(2);
const folder = join(process.env.PREFAB_OFFICIAL_CLIENTS, "node");
const { Prefab } = createRequire(join(folder, "package.json"))("@prefab-cloud/prefab-cloud-node");
const manifest = join(folder, "node_modules/@prefab-cloud/prefab-cloud-node/package.json");
const { version } = JSON.parse(readFileSync(manifest));
console.warn = console.error = () => {};

const properties = { key: "user-0500", email: "ada.lovelace@x.com", team: "team-19-9", country: "NL", plan: "pro" };
const user = (more = {}) => new Map([["user", new Map(Object.entries({ ...properties, ...more }))]]);
const known = user();
const crowd = Array.from({ length: 64 }, (_, at) => user({ key: `person-${String(at * 7).padStart(6, "0")}` }));

async function open(datafile, telemetry) {
  const client = new Prefab({
    apiKey: "1-bench",
    datafile,
    fetch: async () => new Response(new Uint8Array(), { status: 200 }),
    enableSSE: false,
    enablePolling: false,
    collectLoggerCounts: telemetry,
    collectEvaluationSummaries: telemetry,
    contextUploadMode: telemetry ? "periodicExample" : "none",
  });
  await client.init();
  return client;
}

function cpuNanos() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}

function spread(samples) {
  samples.sort((a, b) => a - b);
  const at = (tenths) => samples[Math.floor((samples.length * tenths) / 10)];
  return { low: at(1), median: at(5), high: at(9) };
}

// Uses the results, so that the calls are not optimized away.
let kept = 0;

function timed(call, times) {
  const start = cpuNanos();
  for (let at = 0; at < times; at++) kept += call() ? 1 : 0;
  return cpuNanos() - start;
}

function figure(call) {
  let times = 1;
  while (timed(call, times) < 60e6) times *= 2;
  const nanos = spread(Array.from({ length: 25 }, () => timed(call, times) / times));
  return { nanos, allocations: null, instructions: null, instead: null };
}

function items(client) {
  let turn = 0;
  const split = () => client.get("item-split-3", crowd[(turn = (turn + 1) % 64)]);
  const texts = new Set(crowd.map(split));
  if ([...texts].sort().join() !== "alpha,bravo,charlie") throw new Error(`split-3 gave ${[...texts]}`);
  const figures = { "split-3": figure(split) };
  for (const name of ["static", "ends-with", "one-of-20", "segment-1000"]) {
    const call = () => client.isFeatureEnabled(`item-${name}`, known);
    if (call() !== true) throw new Error(`${name} is off`);
    figures[name] = figure(call);
  }
  return figures;
}

const outcome = { version, part: "client", load: null, traffic: null };
const runtime = `Node ${process.versions.node}`;
const off = { ...outcome, name: "official-node", note: runtime, items: items(await open(few, false)) };
const on = { ...outcome, name: "official-node-telemetry", note: `${runtime}, with default options` };
on.items = items(await open(few, true));
const times = [];
let client;
for (let round = 0; round < 5; round++) {
  const start = cpuNanos();
  client = await open(many, false);
  times.push((cpuNanos() - start) / 1e6);
}
off.load = { document_bytes: statSync(many).size, millis: spread(times), resident_bytes: 0 };
off.items["static-of-10k"] = figure(() => client.isFeatureEnabled("item-static", known));
process.stdout.write(JSON.stringify([off, on]), () => process.exit(kept < 0 ? 1 : 0));
