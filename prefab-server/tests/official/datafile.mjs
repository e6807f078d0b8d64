// Answers questions from a datafile with the official Node SDK: contexts and keys in, values out, as JSON.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/node/`);
const { Prefab } = require("@prefab-cloud/prefab-cloud-node");

const question = JSON.parse(readFileSync(0, "utf8"));
const prefab = new Prefab({
  apiKey: "1-Production-P1-E3-SDK-unused",
  datafile: process.argv[2],
  enableSSE: false,
  enablePolling: false,
  collectEvaluationSummaries: false,
});
await prefab.init();
// Contexts are maps within, so a property is asked for as it is written.
const contexts = (json) => new Map(Object.entries(json).map(([name, of]) => [name, new Map(Object.entries(of))]));
const answers = question.contexts.map((context) =>
  question.keys.map((key) => prefab.get(key, contexts(context), "none")),
);
console.log("answers", JSON.stringify(answers));
process.exit(0);
