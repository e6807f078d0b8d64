// What the page's modules hand to each other: the shapes of the management API, and of a page's surroundings.
//
// Only `cargo xtask page-types` reads this; no browser does.

/** The kind of an error; `docs/error-codes.md` describes them. */
type ErrorCode =
  | 'unauthorized' | 'forbidden' | 'not_found' | 'invalid' | 'needs_comment' | 'version_conflict' | 'name_taken'
  | 'in_use' | 'needs_approval' | 'own_draft' | 'draft_changed' | 'wrong_type' | 'not_archived' | 'account_exists'
  | 'already_member' | 'last_admin' | 'body_too_large' | 'body_too_slow' | 'rate_limited' | 'too_many_streams'
  | 'busy' | 'database_busy' | 'database_read_only' | 'storage_full' | 'internal';
type Role = 'viewer' | 'editor' | 'publisher' | 'admin';

/** What a server may say in JSON; which kind it is, only looking tells. */
type Json = any;

// Items, in the form that is edited.

interface Flat {
  type: string;
  value: Json;
  hashByPropertyName?: string;
  confidential?: boolean;
  decryptWith?: string;
}
/** Values that are shared out have the parts of a whole. */
interface Weighted { weight: number; value: Flat }
interface Shared extends Flat { value: Weighted[] }
interface Criterion { propertyName?: string; operator: string; valueToMatch?: Flat | null }
interface Rule { criteria?: Criterion[]; value: Flat }
interface Variant { value: Flat; name?: string; description?: string }
interface Item {
  id?: string;
  key: string;
  type: string;
  valueType?: string | null;
  sendToClientSdk?: boolean;
  schemaKey?: string;
  tags?: string[];
  default: { rules: Rule[] };
  environments: { id: string; rules: Rule[] }[];
  variants?: Variant[];
}
/** An item that stands, so that it has the number of a version. */
type PublishedItem = Item & { id: string };
interface Version {
  id: string;
  previousId?: string;
  key: string;
  changedAt: number;
  changedBy: string;
  isArchived: boolean;
  sentence?: string;
  comment?: string;
  item?: Item;
}
/** Something wrong with a value: where, as a JSON pointer, or in which line where it is no JSON. */
interface Flaw { pointer: string | null; line: number | null; message: string }
interface Difference { from: string | null; to: string; differences: string[]; before: Item | null; after: Item | null }
interface Draft {
  key: string;
  item: Item | null;
  comment: string;
  savedBy: string;
  savedAt: number;
  approvedBy: string | null;
  isStale: boolean;
  needsApproval: boolean;
  differences: string[];
}
interface Changed { id: string; key: string }
/** One line of a difference: where, whether it came or went, and what. */
interface Line { section: string; sign: string; text: string }

interface State { environment: string; value: string; targeted: number; isOwn: boolean }
interface Used { key: string; lastEvaluatedAt: number | null; evaluations24h: number; sparkline: number[] }
interface Summary {
  id: string;
  key: string;
  type: string;
  kind: string;
  changedAt: number;
  changedBy: string;
  comment?: string;
  tags?: string[];
  /** How much it is used comes later. */
  lastEvaluatedAt?: number | null;
  evaluations24h?: number;
  sparkline?: number[];
  isSecret: boolean;
  states: State[];
  /** What is searched; made here. */
  hay: string;
}

// Projects and people.

interface Environment { id: string; name: string; needsComment: boolean; needsApproval: boolean; role: Role }
interface Project { id: string; name: string; role: Role; environments: Environment[] }
interface SessionProject { id: string; name: string; role: Role; environments: { id: string; name: string; role: Role }[] }
interface Account { id: string; name: string; email: string }
interface Told { csrf: string; person: Account; projects: SessionProject[] }
interface Person { id: string; name: string; email: string; role: Role; environments?: { name: string; role: Role }[]; joinedAt: number }
interface Invitation { id: string; email: string; role: Role; expiresAt: number }
/** What is shown once: an invitation, or a way to a new password. */
interface Link { link?: string; expiresAt?: number }
interface Key {
  id: string;
  name: string;
  kind: string;
  environment: string;
  createdBy: string;
  lastUsedAt: number | null;
  expiresAt: number | null;
  revokedAt: number | null;
}
interface Token {
  id: string;
  name: string;
  role: Role;
  environments: { id: string; name: string; role: Role }[];
  createdBy: string;
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
  revokedAt: number | null;
}
interface Audited {
  id: string;
  at: number;
  who: string;
  from: string;
  via: string;
  action: string;
  subject: string;
  version: string | null;
  sentence: string;
  comment: string | null;
  isRefused: boolean;
  count: number;
}

// What runs.

interface LoggerCounts { name: string; counts: Record<string, number>; total: number; lastAt: number }
/** Of whom a level is: a property has one of some values, or they are in a segment. */
interface Whose { property?: string; values?: string[]; segment?: string }
interface Level {
  environment: string | null;
  level: string | null;
  for: Whose | null;
  when: string | null;
  expiresAt: number | null;
}
interface LoggerLevels { path: string; levels: Level[] }
interface Example { environment: string; at: number; contexts: Record<string, Record<string, Json>> }
interface Contexts {
  isCollecting: boolean;
  shapes: { context: string; properties: { name: string; types: string[]; lastAt: number }[] }[];
  examples: Example[];
}
interface ValueCount { value: Json; version: string | null; count: number }
interface Bucket { at: number; total: number; counts: ValueCount[] }
interface EnvironmentCounts { id: string; name: string; total: number; counts: ValueCount[]; buckets: Bucket[] }
interface Evaluations { key: string | null; start: number; end: number; total: number; environments: EnvironmentCounts[] }
interface Answer {
  key: string;
  value: Json;
  kind: string | null;
  reason: string | null;
  version: string | null;
  error: string | null;
  steps: { depth: number; text: string }[];
}
interface Received { version: string; clients: number }
interface Clients { environment: string; connected: number; received: Received[] }
interface Health {
  version: string;
  startedAt: number;
  connections: number;
  databaseBytes: number;
  newest: string;
  telemetry: { receivedBytes: number; dropped: number; droppedByClients: number };
  environments: {
    environment: string;
    connected: number;
    received: Received[];
    kinds?: { kind: string; clients: number }[];
    propagation?: { medianMicros: number; p99Micros: number; deliveries: number };
    payload?: { configs: number; plain: number; gzip: number; zstd: number };
  }[];
}
interface Plan {
  isDone: boolean;
  created: number;
  changed: number;
  same: number;
  problems: string[];
  steps: { key: string; action: string; differences: string[] }[];
}

// A page and what surrounds it.

/** What happens in a project, by name; `again` tells that some of it may have been missed. */
type Listener = (name: string, data: Json) => void;
interface Place { project: string; page: string; rest: string[]; key: string; query: URLSearchParams }
interface PageContext {
  project: Project;
  environment: Environment;
  place: Place;
  path(page: string, ...rest: string[]): string;
  api(...parts: string[]): string;
  may(role: Role, environment?: string): boolean;
  isAdmin: boolean;
  listen(listener: Listener): void;
  onLeave(action: () => void): void;
}
/** What was wrong, if it was the server that said so. */
interface RequestFailure extends Error { status?: number; code?: ErrorCode | ''; causes?: string[] }

// Nodes.

type Child = Node | string | number | bigint | boolean | null | undefined | Child[];
type Of<E, K> = K & { currentTarget: E; target: E };
/** Attributes and listeners; a listener knows what it stands on. */
interface Properties<E> {
  [name: string]: unknown;
  onclick?: (event: Of<E, MouseEvent>) => unknown;
  oninput?: (event: Of<E, Event>) => unknown;
  onchange?: (event: Of<E, Event>) => unknown;
  ontoggle?: (event: Of<E, Event>) => unknown;
  onsubmit?: (event: Of<E, SubmitEvent>) => unknown;
  onkeydown?: (event: Of<E, KeyboardEvent>) => unknown;
  onpointerdown?: (event: Of<E, PointerEvent>) => unknown;
  onpointermove?: (event: Of<E, PointerEvent>) => unknown;
  onpointerup?: (event: Of<E, PointerEvent>) => unknown;
  onpaste?: (event: Of<E, ClipboardEvent>) => unknown;
  onblur?: (event: Of<E, FocusEvent>) => unknown;
  ondragstart?: (event: Of<E, DragEvent & { dataTransfer: DataTransfer }>) => unknown;
  ondragover?: (event: Of<E, DragEvent>) => unknown;
  ondrop?: (event: Of<E, DragEvent>) => unknown;
}
/** A button, a field or another element that can have the focus; what was not found has none. */
type OptionalElement = HTMLElement | null;
/** Asks what is wrong with a value. */
interface Check { (value: Flat): Promise<Flaw[]>; hasSchema?: boolean }
/** What an editor of rules knows. */
interface RulesOptions {
  key: string;
  kind: string | null | undefined;
  section: string;
  disabled: boolean;
  variants: (Flat & { name?: string })[];
  properties: string[];
  segments: string[];
  examples: Example[];
  onChange: () => void;
  check?: Check;
}
