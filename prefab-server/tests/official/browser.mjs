// Drives the official browser SDK, in Node: values for a context, a reload after a change, telemetry.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/node/`);
globalThis.window ??= globalThis;
globalThis.window.addEventListener ??= () => {};
const { prefab, Context } = require("@prefab-cloud/prefab-cloud-js");

const url = process.env.PREFAB_TEST_URL;
const say = (...words) => console.log(words.join(" "));
const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

await prefab.init({
  apiKey: process.env.PREFAB_TEST_KEY,
  context: new Context({ user: { key: "u-1", plan: "pro" } }),
  endpoints: [`${url}/api/v2`],
  apiEndpoint: `${url}/api/v1`,
  collectEvaluationSummaries: true,
});
say("first", prefab.get("greeting"));
say("flag", prefab.isEnabled("beta"));
await prefab.updateContext(new Context({ user: { key: "u-2", plan: "free" } }));
say("flag", prefab.isEnabled("beta"));
say("hidden", prefab.get("server-only"));
say("ready");
prefab.poll({ frequencyInMs: 50 });
for (const end = Date.now() + 15000; Date.now() < end && prefab.get("greeting") !== "changed"; ) await sleep(5);
say("second", prefab.get("greeting"));
for (const end = Date.now() + 15000; Date.now() < end && prefab.get("greeting") !== undefined; ) await sleep(5);
say(prefab.get("greeting") === undefined ? "deleted" : "still there");
prefab.stopPolling();
await prefab.evalutionSummaryAggregator?.sync?.();
await sleep(500);
say("reported");
process.exit(0);
