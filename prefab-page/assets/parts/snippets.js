// Code that connects an app, and that reads a key, for each SDK.

/** @typedef {{install: string, flag: (key: string) => string, config: (key: string) => string, note?: string}} Sdk */

/** @type {Record<string, Sdk>} */
export const SDKS = {
  Rust: {
    install: 'cargo add prefab-client',
    flag: (key) => `use prefab_client::{Client, Context, ContextSet};

let client = Client::from_env()?;
let user = ContextSet::from(Context::new("user").with("key", "u-1"));

println!("{}", client.with(&user).enabled("${key}"));`,
    config: (key) => `use prefab_client::Client;

let client = Client::from_env()?;
let value: String = client.get("${key}")?;
println!("{value}");`,
  },
  'Node.js': {
    install: 'npm install @prefab-cloud/prefab-cloud-node',
    flag: (key) => `import { Prefab } from "@prefab-cloud/prefab-cloud-node";

const prefab = new Prefab({ apiKey: process.env.PREFAB_API_KEY,
  sources: [process.env.PREFAB_API_URL] });
await prefab.init();
console.log(prefab.isFeatureEnabled("${key}", { user: { key: "u-1" } }));`,
    config: (key) => `import { Prefab } from "@prefab-cloud/prefab-cloud-node";

const prefab = new Prefab({ apiKey: process.env.PREFAB_API_KEY,
  sources: [process.env.PREFAB_API_URL] });
await prefab.init();
console.log(prefab.get("${key}"));`,
    note: 'This SDK reports evaluations only to HTTPS servers.',
  },
  Python: {
    install: 'pip install prefab-cloud-python',
    flag: (key) => `import os
from prefab_cloud_python import Client, Options

# Without this option, telemetry goes to the hosted service, which no longer exists.
client = Client(Options(prefab_telemetry_url=os.environ["PREFAB_API_URL"]))
print(client.enabled("${key}", context={"user": {"key": "u-1"}}))`,
    config: (key) => `import os
from prefab_cloud_python import Client, Options

# Without this option, telemetry goes to the hosted service, which no longer exists.
client = Client(Options(prefab_telemetry_url=os.environ["PREFAB_API_URL"]))
print(client.get("${key}"))`,
  },
  Ruby: {
    install: 'gem install prefab-cloud-ruby',
    flag: (key) => `prefab = Prefab::Client.new
puts prefab.enabled?("${key}", user: { key: "u-1" })`,
    config: (key) => `prefab = Prefab::Client.new
puts prefab.get("${key}")`,
  },
  Go: {
    install: 'go get github.com/prefab-cloud/prefab-cloud-go',
    flag: (key) => `client, err := prefab.NewClient(
\tprefab.WithAPIKey(os.Getenv("PREFAB_API_KEY")),
\tprefab.WithTelemetryHost(os.Getenv("PREFAB_API_URL")), // without it, telemetry goes to the hosted service
)
enabled, ok := client.FeatureIsOn("${key}", context)
fmt.Println(enabled, ok)`,
    config: (key) => `client, err := prefab.NewClient(
\tprefab.WithAPIKey(os.Getenv("PREFAB_API_KEY")),
\tprefab.WithTelemetryHost(os.Getenv("PREFAB_API_URL")), // without it, telemetry goes to the hosted service
)
value, ok, err := client.GetStringValue("${key}", context)
fmt.Println(value, ok, err)`,
  },
};

/**
 * Returns an OFREP request, which any OpenFeature SDK with an OFREP provider sends.
 * @type {(key: string, origin: string) => string}
 */
export const ofrep = (key, origin) => `curl -X POST ${origin}/ofrep/v1/evaluate/flags/${encodeURIComponent(key)} \\
  -H "Authorization: Bearer $PREFAB_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"context": {"targetingKey": "u-1"}}'`;
