// Evaluates the flags of tests/it/ofrep.rs with the official OFREP provider for browsers, in Node. Prints one line of JSON per flag.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/openfeature/`);

// What browsers have and Node lacks.
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, String(value)),
  removeItem: (key) => stored.delete(key),
};

const { OpenFeature } = require("@openfeature/web-sdk");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const flags = OpenFeature.getClient();
const use = (key) => OpenFeature.setProviderAndWait(new OFREPWebProvider({
  baseUrl: process.env.PREFAB_TEST_URL,
  headers: [["Authorization", `Bearer ${key}`]],
  changeDetection: "none",
}));
const details = {};

await use(process.env.PREFAB_TEST_KEY);
details["no context"] = flags.getBooleanDetails("a/b c ü", true);
await OpenFeature.setContext({ targetingKey: "u-2" });
details.others = flags.getBooleanDetails("a/b c ü", true);
await OpenFeature.setContext({ targetingKey: "u-1", "user.plan": "pro" });
Object.assign(details, {
  targeted: flags.getBooleanDetails("a/b c ü", false),
  float: flags.getNumberDetails("float", 0),
  huge: flags.getNumberDetails("huge", 0),
  json: flags.getObjectDetails("json", {}),
  list: flags.getObjectDetails("list", {}),
  timeout: flags.getStringDetails("timeout", ""),
  level: flags.getStringDetails("level", ""),
  range: flags.getObjectDetails("range", {}),
  split: flags.getStringDetails("split", ""),
  unicode: flags.getBooleanDetails("日本🚩", false),
  "question mark": flags.getBooleanDetails("why?#", false),
  "long key": flags.getBooleanDetails("k".repeat(1_000), true),
  "empty key": flags.getBooleanDetails("", true),
  null: flags.getObjectDetails("null", { default: true }),
  string: flags.getStringDetails("server-only", ""),
  absent: flags.getBooleanDetails("absent", true),
  "wrong type": flags.getBooleanDetails("float", true),
  provided: flags.getStringDetails("provided", "mine"),
  "no rule matches": flags.getBooleanDetails("nothing", true),
});
await OpenFeature.setContext({ targetingKey: "u", a: { b: { c: { d: { e: { f: 1 } } } } } });
// Other values than in the last successful response are the sign of an error.
details["bad context"] = flags.getBooleanDetails("a/b c ü", false);
await use("1-wrong").catch(() => undefined);
details["wrong key"] = flags.getBooleanDetails("float", true);
for (const [name, { value, reason, variant, errorCode }] of Object.entries(details)) {
  console.log("flag", JSON.stringify({ name, value, reason, variant: variant ?? null, error: errorCode ?? null }));
}
process.exit(0);
