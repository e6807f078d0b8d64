// What the parts of the browser test are handed.

type Page = import('playwright-core').Page;
type Browser = import('playwright-core').Browser;

/** A server as it tells of itself when it starts: its keys only the first time. */
interface Begun { url: string; sign_up: string; keys: { environment: string; kind: string; key: string }[] }
interface Server extends Omit<Begun, 'sign_up'> {
  /** Where the first person makes an account. */
  signUp: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  key(environment: string, kind: string): string;
  /** Asks the management API with an admin key. */
  manage(method: string, at: string, body?: unknown): Promise<any>;
}
interface World { on: Server; browser: Browser; people: Record<string, Page> }
/** Tests by what they show, in order; what they return is printed. */
type Part = Record<string, (world: World) => Promise<string | void>>;

interface Window {
  axe: { run(of: Document, how: object): Promise<import('axe-core').AxeResults> };
  /** Set by an attack, if one comes through. */
  harmed?: unknown;
}
