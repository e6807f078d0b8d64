// Evaluates the flags of tests/it/ofrep.rs with the official OFREP provider for servers. Prints one line of JSON per flag.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/openfeature/`);
const { OpenFeature } = require("@openfeature/server-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");

const baseUrl = process.env.PREFAB_TEST_URL;

async function client(key) {
  const provider = new OFREPProvider({ baseUrl, headers: [["Authorization", `Bearer ${key}`]] });
  await OpenFeature.setProviderAndWait(provider);
  return OpenFeature.getClient();
}

const flags = await client(process.env.PREFAB_TEST_KEY);
const pro = { targetingKey: "u-1", "user.plan": "pro" };
const deep = { targetingKey: "u", a: { b: { c: { d: { e: { f: 1 } } } } } };
const details = {
  targeted: await flags.getBooleanDetails("a/b c ü", false, pro),
  others: await flags.getBooleanDetails("a/b c ü", true, { targetingKey: "u-2" }),
  "no context": await flags.getBooleanDetails("a/b c ü", true),
  float: await flags.getNumberDetails("float", 0, pro),
  huge: await flags.getNumberDetails("huge", 0, pro),
  json: await flags.getObjectDetails("json", {}, pro),
  list: await flags.getObjectDetails("list", {}, pro),
  timeout: await flags.getStringDetails("timeout", "", pro),
  level: await flags.getStringDetails("level", "", pro),
  range: await flags.getObjectDetails("range", {}, pro),
  split: await flags.getStringDetails("split", "", pro),
  unicode: await flags.getBooleanDetails("日本🚩", false, pro),
  "question mark": await flags.getBooleanDetails("why?#", true, pro),
  "long key": await flags.getBooleanDetails("k".repeat(1_000), true, pro),
  "empty key": await flags.getBooleanDetails("", true, pro),
  null: await flags.getObjectDetails("null", { default: true }, pro),
  string: await flags.getStringDetails("server-only", "", pro),
  absent: await flags.getBooleanDetails("absent", true, pro),
  "wrong type": await flags.getBooleanDetails("float", true, pro),
  provided: await flags.getStringDetails("provided", "mine", pro),
  "no rule matches": await flags.getBooleanDetails("nothing", true, pro),
  "bad context": await flags.getBooleanDetails("a/b c ü", true, deep),
};
details["wrong key"] = await (await client("1-wrong")).getBooleanDetails("float", true, pro);
for (const [name, { value, reason, variant, errorCode }] of Object.entries(details)) {
  console.log("flag", JSON.stringify({ name, value, reason, variant: variant ?? null, error: errorCode ?? null }));
}
process.exit(0);
