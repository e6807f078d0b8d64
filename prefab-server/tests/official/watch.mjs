// Prints every new value of four keys that the official Node SDK reads, until it is killed.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/node/`);
const { Prefab } = require("@prefab-cloud/prefab-cloud-node");

const prefab = new Prefab({
  apiKey: process.env.PREFAB_TEST_KEY,
  sources: [process.env.PREFAB_TEST_URL],
  enableSSE: true,
  enablePolling: false,
  collectLoggerCounts: false,
  collectEvaluationSummaries: false,
});
await prefab.init();
let last;
setInterval(() => {
  const names = ["same", "changed", "deleted", "new"];
  const values = names.map((name) => prefab.get(name, undefined, "none")).join(" ");
  if (values !== last) {
    last = values;
    console.log(`values ${values}`);
  }
}, 5);
