// Drives the official Node SDK: first value, live change, deletion. Prints one line per step.
//
// This SDK derives the telemetry host from https names only, so over plain http it reports nothing. A second
// client gets such a name and, through its own `fetch` option, a way to the server behind it.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/node/`);
const { Prefab } = require("@prefab-cloud/prefab-cloud-node");

const url = process.env.PREFAB_TEST_URL;
const prefab = new Prefab({
  apiKey: process.env.PREFAB_TEST_KEY,
  sources: [url],
  enableSSE: true,
  enablePolling: false,
  collectLoggerCounts: true,
  collectEvaluationSummaries: true,
  contextUploadMode: "periodicExample",
});
const say = (...words) => console.log(words.join(" "));
const value = () => prefab.get("greeting", undefined, "none");
const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

async function waitFor(wanted) {
  for (const end = Date.now() + 15000; Date.now() < end; await sleep(2)) {
    if (value() === wanted) return;
  }
  console.error(`waited in vain for ${wanted}, still ${value()}`);
  process.exit(1);
}

await prefab.init();
say("first", value());
say("flag", prefab.isFeatureEnabled("beta", { user: { key: "u-1", plan: "pro" } }));
say("flag", prefab.isFeatureEnabled("beta", { user: { key: "u-2", plan: "free" } }));
await sleep(1000);
say("ready");
await waitFor("changed");
say("second", value());
await waitFor("none");
say("deleted");
const teller = new Prefab({
  apiKey: process.env.PREFAB_TEST_KEY,
  sources: ["https://belt.test"],
  fetch: (resource, options) => fetch(resource.replace(/^https:\/\/[a-z]+\.test/, url), options),
  enableSSE: false,
});
await teller.init();
teller.isFeatureEnabled("beta", { user: { key: "u-1", plan: "pro" } });
const reporters = Object.values(teller.telemetry).filter((reporter) => reporter.sync);
const answers = await Promise.all(reporters.map((reporter) => reporter.sync()));
const sent = answers.filter((answer) => answer !== undefined);
if (sent.length === 0 || sent.some((answer) => answer.status !== 200)) {
  console.error("telemetry was not taken", JSON.stringify(answers));
  process.exit(1);
}
say("reported");
process.exit(0);
