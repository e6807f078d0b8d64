// Getting started: a key, a few lines, and a light that goes on when the first client connects.

import * as api from '../api.js';
import { h, show, tell } from '../dom.js';
import * as events from '../events.js';
import { create } from '../parts/create.js';
import { confirm } from '../parts/dialog.js';

/** @type {Record<string, {install: string, code: (key: string) => string}>} */
const SDKS = {
  Rust: { install: 'cargo add prefab-client', code: (key) => `use prefab_client::{Client, Context, ContextSet};\n\nlet client = Client::from_env()?;\nlet user = ContextSet::from(Context::new("user").with("key", "u-1"));\n\nif client.with(&user).enabled("${key}") {\n    // the new way\n}` },
  'Node.js': { install: 'npm install @prefab-cloud/prefab-cloud-node', code: (key) => `import { Prefab } from "@prefab-cloud/prefab-cloud-node";\n\nconst prefab = new Prefab({ apiKey: process.env.PREFAB_API_KEY,\n  sources: [process.env.PREFAB_API_URL] });\nawait prefab.init();\nprefab.isFeatureEnabled("${key}", { user: { key: "u-1" } });` },
  Python: { install: 'pip install prefab-cloud-python', code: (key) => `import os\nfrom prefab_cloud_python import Client, Options\n\n# Without the option, counts go to the hosted service, which has ended.\nclient = Client(Options(prefab_telemetry_url=os.environ["PREFAB_API_URL"]))\nclient.enabled("${key}", context={"user": {"key": "u-1"}})` },
  Ruby: { install: 'gem install prefab-cloud-ruby', code: (key) => `prefab = Prefab::Client.new\nprefab.enabled?("${key}", user: { key: "u-1" })` },
  Go: { install: 'go get github.com/prefab-cloud/prefab-cloud-go', code: (key) => `client, err := prefab.NewClient(\n\tprefab.WithAPIKey(os.Getenv("PREFAB_API_KEY")),\n\tprefab.WithTelemetryHost(os.Getenv("PREFAB_API_URL")), // else counts go to the hosted service, which has ended\n)\nenabled, ok := client.FeatureIsOn("${key}", context)` },
};

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Start – Prefab';
  const { environment } = known;
  let sdk = localStorage.getItem('prefab-sdk') ?? 'Rust';
  let key = '';
  /** @type {{items: Summary[]}} */
  const { items } = await api.get(known.api('items') + api.query({ type: 'feature_flag', limit: 1 }));
  const flag = items[0]?.key ?? 'my-first-flag';
  const tabs = h('div', { class: 'row', role: 'group', 'aria-label': 'SDK' });
  const [steps, light] = [h('ol', { class: 'stack' }), h('div', { role: 'status' })];

  const copyable = (/** @type {string} */ text) => h('div', { class: 'copyable' }, h('pre', { tabindex: 0 }, text), h('button', { type: 'button', class: 'quiet', onclick: async () => {
    await navigator.clipboard?.writeText(text).catch(() => {});
    tell('Copied.');
  } }, 'Copy'));
  /** @type {(title: string, ...content: Child[]) => HTMLElement} */
  const step = (title, ...content) => h('li', { class: 'card' }, h('h2', null, title), content);

  async function issue() {
    /** @type {(comment: string) => Promise<{key: string}>} */
    const issued = () => api.post(known.api('keys'), { name: `first program in ${environment.name}`, kind: 'backend', environment: environment.id });
    const made = await confirm(`Make a key for ${environment.name}?`, h('p', null, 'A program proves itself with it. The whole key is shown on this page only now.'), 'Make the key',
      issued, { asksComment: false });
    if (!made) return;
    ({ key } = made);
    draw();
  }

  function draw() {
    show(tabs, Object.keys(SDKS).map((name) => h('button', { type: 'button', 'aria-pressed': name === sdk, class: name === sdk ? 'main' : '', 'data-focus': `sdk-${name}`, onclick: () => { sdk = name; localStorage.setItem('prefab-sdk', name); draw(); } }, name)));
    const { origin } = location;
    show(steps,
      step('1. Say where the server is', h('p', null, `Your program needs a key for ${environment.name}, and this address.`), !key && known.isAdmin && h('div', null, h('button', { type: 'button', class: 'main', onclick: issue }, 'Make a key')),
        copyable(`export PREFAB_API_KEY=${key || 'the key of your program'}\nexport PREFAB_API_URL=${origin}\nexport PREFAB_STREAM_URL=${origin}`)),
      step(`2. Add the SDK for ${sdk}`, copyable(SDKS[sdk].install)),
      step('3. Ask for a flag', !items.length && known.may('publisher') && h('div', null, h('button', { type: 'button', onclick: () => create(known, 'feature_flag') }, 'Make your first flag')), copyable(SDKS[sdk].code(flag)), h('p', { class: 'hint' }, 'Then turn the flag on its page, and watch your program follow.')));
  }
  function shine() {
    const connected = [...events.clients.values()].reduce((sum, one) => sum + one.connected, 0);
    show(light, connected ? h('p', { class: 'banner info' }, h('strong', null, connected === 1 ? 'The first client is connected.' : `${connected} clients are connected.`), h('a', { href: known.path('flags') }, 'To the flags'))
      : h('p', { class: 'banner' }, 'Waiting for the first client to connect …'));
  }
  known.listen((name) => { if (name === 'clients') shine(); });
  show(main, h('div', null, h('h1', null, 'Start'), h('p', { class: 'about' }, 'From nothing to a program that follows what you do here, in three steps.')), light, tabs, steps);
  shine();
  draw();
}
