// Types of the browser tests.

type Page = import('playwright-core').Page;
type Browser = import('playwright-core').Browser;

/** What a server prints when it starts; it prints keys only on its first start. */
interface Begun { url: string; sign_up: string; keys: { environment: string; kind: string; key: string }[] }
interface Server extends Omit<Begun, 'sign_up'> {
  /** The link that creates the first account. */
  signUp: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  key(environment: string, kind: string): string;
  /** Sends a request to the management API with an admin key. */
  manage(method: string, at: string, body?: unknown): Promise<any>;
}
interface World { on: Server; browser: Browser; people: Record<string, Page> }
/** Tests by name, in order; their results are printed. */
type Part = Record<string, (world: World) => Promise<string | void>>;

interface Window {
  axe: { run(of: Document, how: object): Promise<import('axe-core').AxeResults> };
  /** Set by a successful attack. */
  harmed?: unknown;
}
