// The official OFREP provider for browsers in Chromium, in a page of another origin. The server runs in a process of its own.
// Needs PREFAB_BIN, PREFAB_BROWSER_TESTS and PREFAB_OFFICIAL_CLIENTS.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

import { errors, person, start, until } from "../../../prefab-page/tests/browser/harness.mjs";
import { server as createServer } from "../../../prefab-page/tests/browser/server.mjs";

const clients = path.join(process.env.PREFAB_OFFICIAL_CLIENTS ?? "", "openfeature");
const { build } = createRequire(`${clients}/`)("esbuild");

const CONTENTS = `
  import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
  import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
  Object.assign(window, { OpenFeature, ProviderEvents, OFREPWebProvider });
`;

/** Returns the provider and the SDK, unmodified, as one script. */
async function bundle() {
  const { outputFiles } = await build({ stdin: { contents: CONTENTS, resolveDir: clients }, bundle: true, write: false, format: "iife" });
  return outputFiles[0].text;
}

/** Serves a page on a port of its own, which is another origin than the server. */
async function serve(script) {
  const site = http.createServer((request, response) => {
    const isScript = request.url === "/bundle.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script src="/bundle.js"></script>');
  });
  await new Promise((done) => site.listen(0, "127.0.0.1", done));
  return site;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "prefab-ofrep-"));
const server = await createServer(path.join(folder, "data"));
const site = await serve(await bundle());
const browser = await start();

async function post(at, body) {
  const key = Buffer.from(`authuser:${server.key("Development", "admin")}`).toString("base64");
  const response = await fetch(`${server.url}/api/v1/config/${at}`, { method: "POST", headers: { authorization: `Basic ${key}` }, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.text());
}

async function metric(name) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
}

/** Changes the number and returns the time until the page has it, in milliseconds. */
async function change(page, value) {
  const started = Date.now();
  await post("set-default/", { configKey: "number", value: { double: value } });
  await page.waitForFunction((value) => window.flags.getNumberValue("number", 0) === value, value, { polling: 10, timeout: 60_000 });
  return Date.now() - started;
}

try {
  const pro = { propertyName: "user.plan", operator: "PROP_IS_ONE_OF", valueToMatch: { stringList: { values: ["pro"] } } };
  await post("", { key: "a/b c ü?#", configType: "FEATURE_FLAG", valueType: "BOOL", rows: [{ values: [{ criteria: [pro], value: { bool: true } }, { value: { bool: false } }] }] });
  await post("", { key: "number", configType: "CONFIG", valueType: "DOUBLE", sendToClientSdk: true, rows: [{ values: [{ value: { double: 1 } }] }] });

  const page = await person(browser);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.evaluate(async ([baseUrl, key]) => {
    const { OpenFeature, ProviderEvents, OFREPWebProvider } = window;
    window.flags = OpenFeature.getClient();
    window.events = [];
    for (const event of Object.values(ProviderEvents)) window.flags.addHandler(event, () => window.events.push(event));
    await OpenFeature.setContext({ targetingKey: "u-1", "user.plan": "pro" });
    await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers: [["Authorization", `Bearer ${key}`]] }));
  }, [server.url, server.key("Development", "frontend")]);

  const flag = () => page.evaluate(() => window.flags.getBooleanDetails("a/b c ü?#", false));
  const { value, reason, variant } = await flag();
  assert.deepEqual({ value, reason, variant }, { value: true, reason: "TARGETING_MATCH", variant: "true" });
  await page.evaluate(() => window.OpenFeature.setContext({ targetingKey: "u-2", "user.plan": "free" }));
  assert.equal((await flag()).value, false);
  const missing = await page.evaluate(() => window.flags.getBooleanDetails("absent", true));
  assert.deepEqual([missing.value, missing.errorCode], [true, "FLAG_NOT_FOUND"]);

  await until(async () => (await metric("prefab_ofrep_streams")) === 1, "the stream is open");
  for (const number of [2, 3, 4]) {
    const millis = await change(page, number);
    assert.ok(millis < 1000, `a change took ${millis} ms`);
    console.log(`a change after ${millis} ms`);
  }

  await server.stop();
  await new Promise((done) => setTimeout(done, 1500));
  assert.equal(await page.evaluate(() => window.flags.getNumberValue("number", 0)), 4, "the last value while the server is down");
  await server.start();
  console.log(`a change after the restart after ${await change(page, 5)} ms`);
  await until(async () => (await metric("prefab_ofrep_streams")) === 1, "the stream is open again");
  assert.ok((await change(page, 6)) < 1000, "changes arrive within 1 s again");
  const events = await page.evaluate(() => window.events);
  assert.ok(events.includes("PROVIDER_STALE"), `the outage is visible: ${events}`);
  assert.ok(!events.includes("PROVIDER_ERROR"), `the outage is not an error: ${events}`);

  // A refused connection is an error in the console of every browser.
  assert.deepEqual(errors, []);
  console.log("all is well");
} finally {
  await browser.close();
  await server.stop();
  site.close();
  fs.rmSync(folder, { recursive: true });
}
