// Follows a flag with the official OFREP provider for browsers, in Node. Prints the value, each event, and whether the
// event stream was opened again without need.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PREFAB_OFFICIAL_CLIENTS}/openfeature/`);
const { EventSource } = require("eventsource");

// What browsers have and Node lacks.
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, String(value)),
  removeItem: (key) => stored.delete(key),
};
const opened = [];
globalThis.EventSource = class extends EventSource {
  constructor(url, options) {
    super(url, options);
    opened.push(String(url));
  }
};

const { OpenFeature, ProviderEvents } = require("@openfeature/web-sdk");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const say = (...words) => console.log(words.join(" "));
const provider = new OFREPWebProvider({
  baseUrl: process.env.PREFAB_TEST_URL,
  headers: [["Authorization", `Bearer ${process.env.PREFAB_TEST_KEY}`]],
});
const flags = OpenFeature.getClient();
flags.addHandler(ProviderEvents.ConfigurationChanged, () => say("changed", flags.getNumberValue("float", 0)));
flags.addHandler(ProviderEvents.Stale, () => say("stale"));
await OpenFeature.setContext({ targetingKey: "u-1", "user.plan": "pro" });
await OpenFeature.setProviderAndWait(provider);
flags.addHandler(ProviderEvents.Ready, () => say("ready", flags.getNumberValue("float", 0)));
say("first", flags.getNumberValue("float", 0));
say("flag", flags.getBooleanValue("a/b c ü", false));
process.stdin.on("data", () => say("opened", new Set(opened).size, opened.length));
