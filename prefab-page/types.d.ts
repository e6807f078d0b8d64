// Types that the page's modules share: aliases of the management API (`api.d.ts` is generated), and the parts of a page.
//
// Only `cargo xtask page-types` reads this; no browser does.

// The management API. `api.d.ts` contains the types; these are the names that the page uses.

type ErrorCode = Api.ErrorCode;
type Role = Api.Role;

/** Parsed JSON whose shape the code checks itself. */
type Json = any;

/** A value in a form: its type is text until the server has checked it. */
type Flat = Omit<Api.FlatValue, 'type'> & { type: string };
/** A value of a percentage rollout. */
interface Weighted { weight: number; value: Flat }
interface Shared extends Flat { value: Weighted[] }
type Criterion = Omit<Api.FlatCriterion, 'valueToMatch'> & { valueToMatch?: Flat | null };
interface Rule { criteria?: Criterion[]; value: Flat }
type Variant = Omit<Api.Variant, 'value' | 'name'> & { value: Flat; name?: string };
/** An item in a form. */
interface Item extends Omit<Api.Item, 'type' | 'valueType' | 'default' | 'environments' | 'variants'> {
  type: string;
  valueType?: string | null;
  default: { rules: Rule[] };
  environments: { id: string; rules: Rule[] }[];
  variants?: Variant[];
}
/** An item with a current version. */
type PublishedItem = Item & { id: string };
type Version = Omit<Api.ItemVersion, 'item'> & { item?: Item };
type Flaw = Api.ValueProblem;
type Difference = Omit<Api.DiffResponse, 'before' | 'after'> & { before: Item | null; after: Item | null };
type Draft = Omit<Api.DraftResponse, 'item'> & { item: Item | null };
type Changed = Api.ChangeResponse;
/** One line of a difference: its section, its sign and its text. `json` is the formatted value of a rule that serves JSON. */
interface Line { section: string; sign: string; text: string; json?: string }

type State = Api.ItemState;
type Used = Api.ItemUsage;
interface Summary extends Api.ItemSummary {
  /** The text that a search compares; computed by the page. */
  hay: string;
}

// Projects and people.

/** An environment with the role of the person in it. */
type Environment = Api.EnvironmentResponse & { role: Role };
/** A project with the roles of the person in it. */
interface Project { id: string; name: string; role: Role; environments: Environment[] }
type SessionProject = Api.SessionProject;
type Account = Api.PersonResponse;
type Person = Api.MemberResponse;
type Invitation = Api.InvitationResponse;
/** What the page shows once: an invitation or a password reset. */
type Link = Partial<Pick<Api.PasswordResetLink, 'link' | 'expiresAt'>>;
type Key = Api.ApiKeyResponse;
type Token = Api.TokenResponse;
type Audited = Api.AuditLogEntry;

// Operations.

type LoggerCounts = Omit<Api.LoggerResponse, 'counts'> & { counts: Record<string, number> };
type Whose = Api.LevelTarget;
type Level = Api.TargetedLevel;
type LoggerLevels = Api.LogLevelResponse;
type Example = Api.ContextExample;
type Contexts = Api.ContextsResponse;
type ValueCount = Omit<Api.ValueCount, 'value'> & { value?: Json };
type Bucket = Api.EvaluationBucket;
type EnvironmentCounts = Omit<Api.EnvironmentCounts, 'counts'> & { counts: ValueCount[] };
type Evaluations = Omit<Api.EvaluationsResponse, 'environments'> & { environments: EnvironmentCounts[] };
type Answer = Api.ExplainResponse;
type Received = Api.ReceivedVersion;
type Clients = Api.ClientsEvent;
type Health = Api.HealthResponse;
type Plan = Api.ImportPlan;

// A page and what surrounds it.

/** Handles an event of a project; the name `reconnected` means that events may have been missed. */
type Listener = (name: string, data: Json) => void;
interface Place { project: string; page: string; rest: string[]; key: string; query: URLSearchParams }
interface PageContext {
  project: Project;
  environment: Environment;
  place: Place;
  path(page: string, ...rest: string[]): string;
  api(...parts: string[]): string;
  may(role: Role, environment?: string): boolean;
  /** Whether the user has a role in every environment, as changes of default rules require. */
  mayEverywhere(role: Role): boolean;
  isAdmin: boolean;
  listen(listener: Listener): void;
  onLeave(action: () => void): void;
}
/** A failed request, with the status and code of the response if there was one. */
interface RequestFailure extends Error { status?: number; code?: ErrorCode | ''; causes?: string[] }

// Nodes.

type Child = Node | string | number | bigint | boolean | null | undefined | Child[];
type Of<E, K> = K & { currentTarget: E; target: E };
/** Attributes and listeners; the event of a listener has the type of its element. */
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
