// The types of the management API, generated from its OpenAPI document by `cargo xtask page-types --write`.

declare namespace Api {
  /** The origin of an account. Check it before you add the account: the server does not verify e-mail addresses. */
  interface AccountResponse {
    /** The e-mail address. */
    email: string;
    /** The name. */
    name: string;
    /** The actor who invited the person. Absent for the first person. */
    invitedBy?: string | null;
    /** The time at which the account was created, in milliseconds since 1970. */
    createdAt: number;
  }
  /** Offers a person with an account membership in a project. */
  interface AddMemberRequest {
    /** The e-mail address of the account. Invite people without an account. */
    email: string;
    /** The role in the project. */
    role: Role;
    /** Different roles in single environments. */
    environments?: EnvironmentRoleRequest[];
  }
  /** An API key without its text, which the server does not store. */
  interface ApiKeyResponse {
    /** The number of the key. The text of the key starts with it. */
    id: string;
    /** The name of the key. */
    name: string;
    /** The rights of the key. */
    kind: KeyKind;
    /** The number of the environment, as a string. */
    environment: string;
    /** The user whose personal overrides apply to evaluations with this key. */
    user?: string | null;
    /** The actor who issued the key. */
    createdBy: string;
    /** The creation time, in milliseconds since 1970. */
    createdAt: number;
    /** The time of the last use, in milliseconds since 1970. It is updated within a few seconds. */
    lastUsedAt?: number | null;
    /** The time at which the key expires, in milliseconds since 1970. */
    expiresAt?: number | null;
    /** The time at which the key was revoked, in milliseconds since 1970. */
    revokedAt?: number | null;
  }
  /** An entry of the audit log. */
  interface AuditLogEntry {
    /** The number of the entry, as a string. It increases with every entry. */
    id: string;
    /** The time, in milliseconds since 1970. */
    at: number;
    /** The actor: `ann@acme.test`, `key 7 (ci)`. */
    who: string;
    /** The address of the actor. */
    from: string;
    /** The program of the actor, from its `User-Agent`. */
    via: string;
    /** The kind of the action: `config.changed`. */
    action: string;
    /** The subject: a config key, the name of an environment or the number of an API key. */
    subject: string;
    /** The number of the environment, as a string. */
    environment?: string | null;
    /** The version that the action created. */
    version?: string | null;
    /** Whether the server rejected the action. */
    isRefused: boolean;
    /** The number of occurrences. Equal rejections within an hour are one entry, with the time of the first. */
    count: number;
    /** A description of the action, for people. */
    sentence: string;
    /** The reason that the actor gave. */
    comment?: string | null;
  }
  /** The comment on a change, and the version that it replaces. */
  interface ChangeComment {
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string | null;
    /** The version that the change replaces. By default, the current version. */
    version?: string | null;
  }
  /** A change, sent as event `change`. The id of the event is the version. */
  interface ChangeEvent {
    /** The config key. */
    key: string;
    /** The type of the item: `config`, `feature_flag`, `segment`, `log_level`, `schema`. */
    type: string;
    /** The new version, as a string. */
    version: string;
    /** The numbers of the affected environments, as strings. */
    environments: string[];
    /** The actor. */
    who: string;
    /** The time of the change, in milliseconds since 1970. */
    at: number;
    /** Whether the item was archived. */
    deleted: boolean;
    /** A description of the change, for people. */
    sentence?: string | null;
  }
  /** Changes the password of the person who is logged in. */
  interface ChangePasswordRequest {
    /** The current password. */
    current: string;
    /** The new password, of at least ten characters. */
    password: string;
  }
  /** The result of a change. */
  interface ChangeResponse {
    /** The number of the new version, as a string. */
    id: string;
    /** The config key. */
    key: string;
  }
  /** The connected clients of an environment, sent as event `clients`. */
  interface ClientsEvent {
    /** The number of the environment, as a string. */
    environment: string;
    /** The number of open streams of all servers on the database. */
    connected: number;
    /** The number of open streams of other servers, as of the last 10 seconds. They are not in `received`. */
    elsewhere?: number;
    /** The number of streams of this server per version that it sent last, newest first. */
    received: ReceivedVersion[];
  }
  /** A reported context. */
  interface ContextExample {
    /** The number of the environment, as a string. */
    environment: string;
    /** The time of the report, in milliseconds since 1970. */
    at: number;
    /** The contexts by name. */
    contexts: Record<string, any>;
  }
  /** A property of a context. */
  interface ContextProperty {
    /** The name of the property. */
    name: string;
    /** The types of its values: `string`, `int`, `double`, `bool`, `string_list`. */
    types: string[];
    /** The time of the last report, in milliseconds since 1970. */
    lastAt: number;
  }
  /** A context and its properties. */
  interface ContextShape {
    /** The name of the context. */
    context: string;
    /** The properties that clients reported. */
    properties: ContextProperty[];
  }
  /** The contexts that clients reported. */
  interface ContextsResponse {
    /** Whether the server stores contexts. */
    isCollecting: boolean;
    /** The contexts and their properties. */
    shapes: ContextShape[];
    /** Example contexts, newest first. */
    examples: ContextExample[];
  }
  /** Copies the rules of one environment to another. */
  interface CopyRulesRequest {
    /** The number or name of the environment to copy from. */
    from: string;
    /** Only these config keys. By default, all. */
    keys?: string[] | null;
    /** Whether to report the affected keys without changing anything. */
    dryRun?: boolean;
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** The result of copying rules. */
  interface CopyRulesResponse {
    /** Whether the rules were copied. False after a dry run. */
    isDone: boolean;
    /** The config keys whose rules differ. */
    keys: string[];
  }
  /** Creates an environment. */
  interface CreateEnvironmentRequest {
    /** The name of the environment. */
    name: string;
  }
  /** Invites a person to a project. */
  interface CreateInvitationRequest {
    /** The e-mail address of the person. */
    email: string;
    /** The role in the project. */
    role: Role;
    /** Different roles in single environments. */
    environments?: EnvironmentRoleRequest[];
    /** The lifetime of the link, in seconds. One week by default. */
    expiresInSeconds?: number;
  }
  /** A new invitation and its link. */
  type CreateInvitationResponse = InvitationResponse & {
    /** The `token` for `POST /sign-up`. No other response contains it. */
    token: string;
    /** The link at which the person signs up. The server does not send it; send it to the person. */
    link: string;
  };
  /** Issues an API key. */
  interface CreateKeyRequest {
    /** The name of the key. */
    name: string;
    /** The number or name of the environment. */
    environment: string;
    /** The rights of the key. `backend` by default. */
    kind?: KeyKind;
    /** The user whose personal overrides apply to evaluations with this key. */
    user?: string | null;
    /** The time at which the key expires, in milliseconds since 1970. By default, it does not expire. */
    expiresAt?: number | null;
  }
  /** A new API key. */
  interface CreateKeyResponse {
    /** The number of the key. The text of the key starts with it. */
    id: string;
    /** The text of the key. No other response contains it. */
    key: string;
  }
  /** Creates a project. */
  interface CreateProjectRequest {
    /** The name of the project. */
    name: string;
    /** The names of its environments. By default, `Development`, `Staging` and `Production`. */
    environments?: string[];
  }
  /** Issues a management token. */
  interface CreateTokenRequest {
    /** The name of the token. */
    name: string;
    /** The role of the token. */
    role: Role;
    /** The numbers or names of the environments in which the token has that role; in others it is a viewer. By
     * default, all environments. */
    environments?: string[] | null;
    /** The time at which the token expires, in milliseconds since 1970. By default, it does not expire. */
    expiresAt?: number | null;
  }
  /** A new management token. */
  interface CreateTokenResponse {
    /** The number of the token, as a string. */
    id: string;
    /** The text of the token: the password for HTTP Basic, or a bearer token. No other response contains it. */
    token: string;
  }
  /** The database of a server. */
  interface DatabaseHealth {
    /** The kind of database: `sqlite` or `postgresql`. */
    kind: string;
    /** The version of the database. */
    version: string;
    /** The schema with the tables. Absent for SQLite. */
    schema?: string | null;
    /** Whether notifications of other servers are proven to arrive. Absent for SQLite. */
    isListening?: boolean | null;
    /** The connections of this server that are in use. Absent for SQLite. */
    connectionsInUse?: number | null;
    /** The maximum number of connections of this server. Absent for SQLite. */
    connections?: number | null;
    /** The number of connections that the database server accepts from everyone. Absent for SQLite. */
    maxConnections?: number | null;
    /** The clock of the database minus the clock of this server, in milliseconds. */
    clockDifferenceMillis: number;
  }
  /** Deletes the account of the person who is logged in. */
  interface DeleteAccountRequest {
    /** The current password. It is required because a deletion cannot be undone. */
    password: string;
  }
  /** The differences between two versions. */
  interface DiffResponse {
    /** The older version. Absent if the newer version is the first. */
    from?: string | null;
    /** The newer version. */
    to: string;
    /** The differences, one sentence each. */
    differences: string[];
    before?: Item | null;
    after?: Item | null;
  }
  /** A draft that was saved, approved, discarded or published, sent as event `draft`. */
  interface DraftEvent {
    /** The config key. */
    key: string;
    /** The actor who saved the draft. Absent if the key has no draft any more. */
    savedBy?: string | null;
    /** The time at which the draft was saved, in milliseconds since 1970. */
    savedAt?: number | null;
    /** The actor who approved the draft. */
    approvedBy?: string | null;
  }
  /** A draft. */
  interface DraftResponse {
    /** The config key. */
    key: string;
    item?: Item | null;
    /** The version that the draft replaces. Absent if the draft creates the item. */
    base?: string | null;
    /** The reason for the change. */
    comment: string;
    /** The actor who saved the draft. */
    savedBy: string;
    /** The time at which the draft was saved, in milliseconds since 1970. */
    savedAt: number;
    /** The actor who approved the draft. */
    approvedBy?: string | null;
    /** Whether the item has changed since the draft was saved. Such a draft must be saved again. */
    isStale: boolean;
    /** Whether an affected environment requires the approval of a second person. */
    needsApproval: boolean;
    /** The differences from the current version, one sentence each. */
    differences: string[];
  }
  /** The problems of a request. */
  interface EmbeddedErrors {
    /** The problems. */
    errors: ErrorDetail[];
  }
  /** An empty object. */
  type EmptyResponse = Record<string, any>;
  /** An encrypted value. */
  interface EncryptedValue {
    /** The number of the environment, as a string. A request may contain its name. Null for the default rules. */
    environment?: string | null;
    /** The index of the rule that contains the value, from 0. */
    rule: number;
    /** The encrypted value. */
    cipherText: string;
    /** The item that names the encryption key. */
    decryptWith: string;
  }
  /** Evaluations in one environment. */
  interface EnvironmentCounts {
    /** The number of the environment, as a string. */
    id: string;
    /** The name of the environment. */
    name: string;
    /** The number of evaluations. */
    total: number;
    /** The number of evaluations per value. */
    counts: ValueCount[];
    /** The buckets with evaluations, oldest first. */
    buckets: EvaluationBucket[];
  }
  /** The health of an environment. */
  type EnvironmentHealth = ClientsEvent & {
    /** The name of the environment. */
    name: string;
    /** The number of open streams per protocol. */
    kinds: ProtocolCount[];
    /** The time that changes take to reach clients. */
    propagation: Propagation;
    payload?: PayloadSizes | null;
    /** The number of telemetry reports since the server started. */
    reports: number;
  };
  /** An environment. */
  interface EnvironmentResponse {
    /** The number of the environment, as a string. */
    id: string;
    /** The name of the environment. */
    name: string;
    /** Whether every change requires a comment. */
    needsComment: boolean;
    /** Whether every change requires the approval of a second person. */
    needsApproval: boolean;
  }
  /** A role in an environment. */
  interface EnvironmentRole {
    /** The number of the environment, as a string. */
    id: string;
    /** The name of the environment. */
    name: string;
    /** The role. */
    role: Role;
  }
  /** Sets a different role in an environment. */
  interface EnvironmentRoleRequest {
    /** The number or name of the environment. */
    environment: string;
    /** The role. */
    role: Role;
  }
  /** The rules of one environment. */
  interface EnvironmentRules {
    /** The number of the environment, as a string. A request may contain its name. */
    id: string;
    /** The rules, in the order of their evaluation. */
    rules: Rule[];
  }
  /** The kind of an error, for programs. Existing names never change; new ones may be added.
   * 
   * All endpoints share this list, so that a code has the same meaning everywhere.
   * `docs/error-codes.md` describes each code. */
  type ErrorCode = "unauthorized" | "forbidden" | "not_found" | "invalid" | "needs_comment" | "version_conflict" | "name_taken" | "in_use" | "needs_approval" | "own_draft" | "draft_changed" | "wrong_type" | "not_archived" | "account_exists" | "already_member" | "last_admin" | "body_too_large" | "body_too_slow" | "rate_limited" | "too_many_streams" | "busy" | "database_busy" | "database_unavailable" | "outcome_unknown" | "database_read_only" | "storage_full" | "internal";
  /** A problem of a request. */
  interface ErrorDetail {
    /** The place, the problem and the expected value. */
    message: string;
    /** The path of the field. Empty if the problem has no single place. */
    place: string;
    /** The place inside the JSON value of the field, as a JSON pointer. */
    pointer?: string | null;
    /** The kind of the problem. One of `ProblemCode` if the error is `invalid`, else the code of the error. */
    code: string;
  }
  /** An error. */
  interface ErrorResponse {
    /** The name of the status: `Bad Request`. */
    message: string;
    code: ErrorCode;
    _embedded?: EmbeddedErrors | null;
  }
  /** Evaluations in one bucket. */
  interface EvaluationBucket {
    /** The start of the bucket, in milliseconds since 1970. */
    at: number;
    /** The number of evaluations. */
    total: number;
    /** The number of evaluations per value. */
    counts: ValueCount[];
  }
  /** Announces new evaluation counts, sent as event `evaluations`. */
  interface EvaluationsEvent {
    /** The number of the environment, as a string. */
    environment: string;
    /** Some of the evaluated config keys. */
    keys: string[];
  }
  /** Evaluations of one config key, or of all. */
  interface EvaluationsResponse {
    /** The config key. Absent if all keys are counted together. */
    key?: string | null;
    /** The start of the first bucket, in milliseconds since 1970. */
    start: number;
    /** The end of the last bucket, in milliseconds since 1970. */
    end: number;
    /** The number of evaluations. */
    total: number;
    /** The environments with evaluations. */
    environments: EnvironmentCounts[];
  }
  /** Evaluates a config key and explains the result. */
  interface ExplainRequest {
    /** The config key. */
    key: string;
    /** The number or name of the environment. */
    environment: string;
    /** The contexts by name: `{"user": {"key": "u-1", "plan": "pro"}}`. */
    contexts?: Record<string, any>;
    /** The namespace of the client, for rules of namespaces. */
    namespace?: string | null;
    /** The user whose personal overrides apply, as their API key names them. */
    user?: string | null;
    /** The version to evaluate: its number as a string, or `draft`. By default, the current version. */
    version?: string | null;
    /** The time of the evaluation, in milliseconds since 1970. By default, now. */
    at?: number | null;
  }
  /** The result of an evaluation and its explanation. */
  interface ExplainResponse {
    /** The config key. */
    key: string;
    /** The value. Redacted if it is confidential, absent if there is none. */
    value?: any;
    /** The type of the value: `string list`. */
    kind?: string | null;
    /** The reason: `STATIC`, `TARGETING_MATCH`, `SPLIT`. */
    reason?: string | null;
    /** The namespace of the rule that returned the value. Absent if the rule has none, or if the request has none. */
    namespace?: string | null;
    /** The version that returned the value. Absent for a draft. */
    version?: string | null;
    /** The reason why there is no value. */
    error?: string | null;
    /** The steps of the evaluation. */
    steps: ExplainedStep[];
    /** The explanation as a text, for people. */
    text: string;
  }
  /** A step of an evaluation. */
  interface ExplainedStep {
    /** The depth within rules and segments. */
    depth: number;
    /** A description of the step. */
    text: string;
  }
  /** A criterion of a rule. */
  interface FlatCriterion {
    /** The context and its property: `user.email`. */
    propertyName?: string | null;
    /** The operator. */
    operator: string;
    valueToMatch?: FlatValue | null;
  }
  /** A value and its type. */
  interface FlatValue {
    /** The type of the value. */
    type: ValueKind;
    /** The value. Integers beyond 2^53 are strings; requests may contain any integer as a string. */
    value: any;
    /** The property that decides a percentage rollout. Without it, the decision is random. */
    hashByPropertyName?: string | null;
    /** Whether logs, telemetry and displays redact the value. */
    confidential?: boolean;
    /** The config key of the item that names the encryption key of the value. */
    decryptWith?: string | null;
  }
  /** The health of the server that responds, and of the servers on the same database. */
  interface HealthResponse {
    /** The version of the server. */
    version: string;
    /** The start time of the server, in milliseconds since 1970. */
    startedAt: number;
    /** The time of the response, in milliseconds since 1970. */
    now: number;
    /** The newest version of the project, as a string. */
    newest: string;
    /** The size of the database in bytes, for all projects. */
    databaseBytes: number;
    /** The number of open connections of the server, for all projects. */
    connections: number;
    /** The telemetry that the server received since its start. */
    telemetry: TelemetryHealth;
    /** Names in the project that people can confuse, one sentence each: they look the same, or like a number. */
    confusingNames?: string[];
    /** The environments of the project. */
    environments: EnvironmentHealth[];
    /** The servers on the database. The first one is the server that responds. */
    servers?: ServerHealth[];
    database?: DatabaseHealth | null;
  }
  /** The changes of an import. */
  interface ImportPlan {
    /** Whether the changes were applied. */
    isDone: boolean;
    /** The number of created items. */
    created: number;
    /** The number of changed items. */
    changed: number;
    /** The number of unchanged items. */
    same: number;
    /** The invalid entries and their problems. Without `skipBroken`, the import stops if there are any. */
    problems: string[];
    /** What the environments in the file become. */
    environments?: ImportedEnvironment[];
    /** The created and changed items. */
    steps: PlannedStep[];
    /** The plan as a text, for people. */
    text: string;
  }
  /** What an environment in an imported file becomes. */
  interface ImportedEnvironment {
    /** The number of the environment in the file, or its name if it has no number. */
    from: string;
    /** The name of the environment in the file, if it has one. */
    name?: string | null;
    /** The name of the environment of the project. `null` if the project has none for it. */
    to?: string | null;
    /** Whether the import creates the environment. */
    isNew: boolean;
  }
  /** The owners and settings of the installation. */
  interface InstallationResponse {
    /** The owners, sorted by e-mail address. */
    owners: PersonResponse[];
    /** Who may invite people without an account. */
    inviters: Inviters;
  }
  /** An open invitation. */
  interface InvitationResponse {
    /** The number of the invitation, as a string. */
    id: string;
    /** The e-mail address of the invited person. */
    email: string;
    /** The role in the project. */
    role: Role;
    /** The environments with a different role. */
    environments: EnvironmentRole[];
    /** The actor who created the invitation. */
    createdBy: string;
    /** The creation time, in milliseconds since 1970. */
    createdAt: number;
    /** The time at which the invitation expires, in milliseconds since 1970. */
    expiresAt: number;
  }
  /** Who may invite people without an account. */
  type Inviters = "admins" | "owners";
  /** The valid API keys and management tokens of a project that a person has issued. */
  interface IssuedCredentials {
    /** The API keys. */
    keys: ApiKeyResponse[];
    /** The management tokens. */
    tokens: TokenResponse[];
  }
  /** A config, feature flag, segment, log level or schema. */
  interface Item {
    /** The version, a number as a string that increases with every change. In a request, the version to replace. */
    id?: string | null;
    /** The config key. */
    key: string;
    /** The number of the project, as a string. Ignored in requests. */
    projectId?: string | null;
    /** The type of the item. */
    type: ItemType;
    valueType?: ValueKind | null;
    /** Whether front ends receive the item. They always receive flags and log levels. */
    sendToClientSdk?: boolean;
    /** The config key of the schema that its values must match. */
    schemaKey?: string | null;
    /** The tags. */
    tags?: string[];
    /** The possible values of a flag. */
    variants?: Variant[];
    /** The rules of all environments without rules of their own. They also apply in an environment if none of its own
     * rules match. */
    default?: Rules;
    /** The rules of single environments. */
    environments?: EnvironmentRules[];
  }
  /** A page of items, sorted by config key. */
  interface ItemPage {
    /** The items. */
    items: ItemSummary[];
    /** The start of the next page, for `after`. Absent on the last page. */
    next?: string | null;
  }
  /** Creates or replaces an item. */
  interface ItemRequest {
    /** The new content. */
    item: Item;
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** The encrypted values of an item. */
  interface ItemSecrets {
    /** The config key. */
    key: string;
    /** The current version, as a string. In a request, the version that the change replaces. */
    id: string;
    /** The encrypted values. */
    values: EncryptedValue[];
  }
  /** The value of an item in one environment. */
  interface ItemState {
    /** The number of the environment, as a string. */
    environment: string;
    /** The value that applies if no rule with criteria matches, for people. */
    value: string;
    /** The number of rules with criteria. */
    targeted: number;
    /** Whether the environment has rules of its own. */
    isOwn: boolean;
  }
  /** A summary of an item. */
  interface ItemSummary {
    /** The current version, as a string. */
    id: string;
    /** The config key. */
    key: string;
    /** The type of the item. */
    type: ItemType;
    /** The type of the item and of its values, for people: `string config`. */
    kind: string;
    /** The time of the last change, in milliseconds since 1970. */
    changedAt: number;
    /** The actor of the last change. */
    changedBy: string;
    /** The reason for the last change. */
    comment?: string | null;
    /** The tags. */
    tags?: string[];
    /** The time of the last evaluation by a client, in milliseconds since 1970. */
    lastEvaluatedAt?: number | null;
    /** The number of evaluations by clients in the current hour and the 23 hours before. */
    evaluations24h?: number | null;
    /** The number of evaluations per hour, oldest first. */
    sparkline?: number[] | null;
    /** Whether a value is encrypted or confidential. */
    isSecret: boolean;
    /** The value in each of the requested environments. */
    states: ItemState[];
  }
  /** The type of an item. */
  type ItemType = "config" | "feature_flag" | "log_level" | "segment" | "schema" | "log_level_v2" | "limit_definition";
  /** The usage of an item. */
  interface ItemUsage {
    /** The config key. */
    key: string;
    /** The time of the last evaluation by a client, in milliseconds since 1970. */
    lastEvaluatedAt?: number | null;
    /** The number of evaluations by clients in the current hour and the 23 hours before. */
    evaluations24h: number;
    /** The number of evaluations per hour, oldest first. */
    sparkline: number[];
  }
  /** A version of an item. */
  interface ItemVersion {
    /** The number of the version, as a string. */
    id: string;
    /** The version before this one. */
    previousId?: string | null;
    /** The config key. */
    key: string;
    /** The time of the change, in milliseconds since 1970. */
    changedAt: number;
    /** The actor: `ann@acme.test`, `key 7 (ci)`. */
    changedBy: string;
    /** Whether this version archived the item. */
    isArchived: boolean;
    /** A description of the change, for people. */
    sentence?: string | null;
    /** The reason for the change. */
    comment?: string | null;
    item?: Item | null;
  }
  /** Sets the time at which an API key expires. */
  interface KeyExpiryRequest {
    /** The time, in milliseconds since 1970. */
    at: number;
  }
  /** The rights of an API key. */
  type KeyKind = "backend" | "frontend" | "admin";
  /** The number of log calls per level. */
  interface LevelCounts {
    /** Calls at TRACE. */
    trace: number;
    /** Calls at DEBUG. */
    debug: number;
    /** Calls at INFO. */
    info: number;
    /** Calls at WARN. */
    warn: number;
    /** Calls at ERROR. */
    error: number;
    /** Calls at FATAL. */
    fatal: number;
  }
  /** The contexts to which a level applies: those where a property has one of some values, or those in a segment. */
  interface LevelTarget {
    /** The property. */
    property?: string | null;
    /** The values of the property. */
    values?: string[];
    /** The config key of a segment, instead of a property. */
    segment?: string | null;
  }
  /** A length of time: seconds, or a string such as `30m`, `1h30m`, `2d`, `PT30M`. */
  type Lifetime = number | string;
  /** Logs in. */
  interface LogInRequest {
    /** The e-mail address. */
    email: string;
    /** The password. */
    password: string;
  }
  /** The levels of a logger. */
  interface LogLevelResponse {
    /** The logger: `my_app.checkout`. */
    path: string;
    /** The config key: `log-level.my_app.checkout`. */
    key: string;
    /** The current version, as a string. */
    id: string;
    /** The time of the last change, in milliseconds since 1970. */
    changedAt: number;
    /** The actor of the last change. */
    changedBy: string;
    /** The levels. The levels of an environment come before those of all; the first that matches applies. */
    levels: TargetedLevel[];
  }
  /** A logger in one environment. */
  interface LoggerResponse {
    /** The name of the logger. */
    name: string;
    /** The number of the environment, as a string. */
    environment: string;
    /** The number of log calls per level, for the time that the server stores. */
    counts: LevelCounts;
    /** The number of log calls. */
    total: number;
    /** The time of the last report, in milliseconds since 1970. */
    lastAt: number;
  }
  /** A member of a project. */
  interface MemberResponse {
    /** The number of the person, as a string. */
    id: string;
    /** The e-mail address. */
    email: string;
    /** The name. */
    name: string;
    /** The role in the project. */
    role: Role;
    /** The environments with a different role. */
    environments: EnvironmentRole[];
    /** The time at which the person joined, or of the offer if the membership is pending, in milliseconds since 1970. */
    joinedAt: number;
    /** Whether the person has not accepted the membership yet, and has no access. */
    isPending?: boolean;
    /** Whether the caller may create a password reset link for the person. */
    mayResetPassword?: boolean;
  }
  /** Membership in a project that an admin has offered to a person. It gives no access until the person accepts it. */
  interface MembershipOffer {
    /** The number of the project, as a string. */
    project: string;
    /** The name of the project. */
    name: string;
    /** The role in the project. */
    role: Role;
    /** The environments with a different role. */
    environments: EnvironmentRole[];
    /** The actor who made the offer. */
    offeredBy: string;
    /** The time of the offer, in milliseconds since 1970. */
    offeredAt: number;
  }
  /** A value that applies to one user. */
  interface OverrideResponse {
    /** The config key. */
    key: string;
    /** The number of the environment, as a string. */
    environment: string;
    /** The user, as their API key names them. */
    user: string;
    /** The value. */
    value: FlatValue;
    /** The time at which the override is removed, in milliseconds since 1970. */
    expiresAt?: number | null;
  }
  /** A link with which a person sets a new password. */
  interface PasswordResetLink {
    /** The `token` for `POST /password-reset`. No other response contains it. */
    token: string;
    /** The link. The server does not send it; send it to the person. */
    link: string;
    /** The time at which the link expires, in milliseconds since 1970. */
    expiresAt: number;
  }
  /** The sizes of a payload. */
  interface PayloadSizes {
    /** The number of configs. */
    configs: number;
    /** The uncompressed size, in bytes. */
    plain: number;
    /** The size with gzip, in bytes. */
    gzip: number;
    /** The size with Zstandard, in bytes. */
    zstd: number;
  }
  /** A person. */
  interface PersonResponse {
    /** The number of the person, as a string. */
    id: string;
    /** The e-mail address. */
    email: string;
    /** The name. */
    name: string;
  }
  /** An item that an import creates or changes. */
  interface PlannedStep {
    /** The config key. */
    key: string;
    /** `create` or `change`. */
    action: string;
    /** The differences, one sentence each. */
    differences: string[];
  }
  /** The kind of a problem, for programs. Existing names never change; new ones may be added. */
  type ProblemCode = "invalid" | "required" | "out_of_range" | "duplicate" | "unknown" | "wrong_type" | "schema" | "needs_comment";
  /** A project. */
  interface ProjectResponse {
    /** The number of the project, as a string. */
    id: string;
    /** The name of the project. */
    name: string;
    /** The environments of the project. */
    environments: EnvironmentResponse[];
  }
  /** The time between a change and its delivery to clients. */
  interface Propagation {
    /** The number of measured deliveries. */
    deliveries: number;
    /** The median, in microseconds. */
    medianMicros?: number | null;
    /** The 99th percentile, in microseconds. */
    p99Micros?: number | null;
  }
  /** The number of open streams of one protocol. */
  interface ProtocolCount {
    /** The protocol: `sse`, `sse_json`, `grpc`, `ofrep`, `quonfig`. */
    kind: string;
    /** The number of open streams. */
    clients: number;
  }
  /** Publishes a draft. */
  interface PublishDraftRequest {
    /** The reason for the change. By default, the comment of the draft. */
    comment?: string | null;
  }
  /** The number of streams to which a version was sent last. */
  interface ReceivedVersion {
    /** The version, as a string. */
    version: string;
    /** The number of streams. */
    clients: number;
  }
  /** A person who was removed from a project. */
  type RemovedMember = MemberResponse & {
    /** What the person has issued and what remains valid. `DELETE …/people/{person}/credentials` revokes it. */
    credentials?: IssuedCredentials;
  };
  /** Renames a project. */
  interface RenameProjectRequest {
    /** The new name. */
    name: string;
  }
  /** Sets a new password with a link. */
  interface ResetPasswordRequest {
    /** The token of the link: the text after `#token=`. */
    token: string;
    /** The new password, of at least ten characters. */
    password: string;
  }
  /** Restores the content of an earlier version. */
  interface RevertRequest {
    /** The version to restore. */
    to: string;
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** A role. Each role includes the rights of the roles before it. */
  type Role = "viewer" | "editor" | "publisher" | "admin";
  /** Replaces an API key by a new one. */
  interface RotateKeyRequest {
    /** The number of seconds until the old key expires. One day by default. */
    overlapSeconds?: number;
  }
  /** Replaces encrypted values, all or none. */
  interface RotateSecretsRequest {
    /** The new values. */
    secrets: ItemSecrets[];
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** The values that were replaced. */
  interface RotateSecretsResponse {
    /** The config keys. */
    keys: string[];
    /** The number of values. */
    values: number;
  }
  /** A value, and the criteria under which it applies. */
  interface Rule {
    /** The criteria, all of which must match. A rule without criteria always matches. */
    criteria?: FlatCriterion[];
    /** The value. */
    value: FlatValue;
  }
  /** An item whose rules differ between two environments. */
  interface RuleDifference {
    /** The config key. */
    key: string;
    /** The rules of the left environment, as sentences. Absent if it has no rules of its own. */
    left?: string[] | null;
    /** The rules of the right environment, as sentences. Absent if it has no rules of its own. */
    right?: string[] | null;
  }
  /** A list of rules. The first rule that matches provides the value. */
  interface Rules {
    /** The rules, in the order of their evaluation. */
    rules: Rule[];
  }
  /** Saves a draft. */
  interface SaveDraftRequest {
    item?: Item | null;
    /** The reason for the change, for the audit log. */
    comment?: string;
  }
  /** A server on the database. */
  interface ServerHealth {
    /** The name of the server. */
    name: string;
    /** The number of its clients, for all projects. */
    clients: number;
    /** How long ago another server reported, in milliseconds. Absent for the server that responds. */
    ageMillis?: number | null;
  }
  /** A project of a person. */
  interface SessionProject {
    /** The number of the project, as a string. */
    id: string;
    /** The name of the project. */
    name: string;
    /** The role in the project. */
    role: Role;
    /** All environments, with the role in each. */
    environments: EnvironmentRole[];
  }
  /** The session of a person. */
  interface SessionResponse {
    /** The person. */
    person: PersonResponse;
    /** The value of the header `x-prefab-csrf`, which all requests except reads require. */
    csrf: string;
    /** The projects of the person. */
    projects: SessionProject[];
    /** Whether the person is an owner of the installation. */
    isOwner?: boolean;
    /** The projects that the person can join. */
    offers?: MembershipOffer[];
  }
  /** Sets the level of a logger. */
  interface SetLogLevelRequest {
    /** TRACE, DEBUG, INFO, WARN, ERROR or FATAL. */
    level: string;
    /** The number or name of an environment. By default, all environments without a level of their own. */
    environment?: string | null;
    for?: LevelTarget | null;
    /** The time at which the level is removed, in milliseconds since 1970. Without `expiresAt` and `expiresIn`, the
     * level is permanent. */
    expiresAt?: number | null;
    expiresIn?: Lifetime | null;
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** The result of setting a level. */
  interface SetLogLevelResponse {
    /** The number of the new version, as a string. */
    id: string;
    /** The config key. */
    key: string;
    /** The time at which the level is removed, in milliseconds since 1970. */
    expiresAt?: number | null;
  }
  /** Sets a personal override. */
  interface SetOverrideRequest {
    /** The number or name of the environment. */
    environment: string;
    /** The user, as their API key names them. */
    user: string;
    /** The value. */
    value: FlatValue;
    /** The time at which the override is removed, in milliseconds since 1970. Without `expiresAt` and `expiresIn`, the
     * override is permanent. */
    expiresAt?: number | null;
    expiresIn?: Lifetime | null;
  }
  /** Sets the value of an item for clients that no other rule matches, for all environments or for one. */
  interface SetValueRequest {
    /** The new value. */
    value: FlatValue;
    /** The number or name of an environment. By default, the value applies to all environments without a value of
     * their own. */
    environment?: string | null;
    /** Only for clients whose namespace is this one or below it. The value is in a rule with the criterion `NAMESPACE`
     * `HIERARCHICAL_MATCH`; rules for deeper namespaces come first. */
    namespace?: string | null;
    /** The version that the change replaces. By default, the current version. */
    version?: string | null;
    /** The reason for the change, for the audit log. Some environments require one. */
    comment?: string;
  }
  /** Creates an account from an invitation. */
  interface SignUpRequest {
    /** The token of the invitation: the text after `#token=` in its link. */
    token: string;
    /** The e-mail address. */
    email: string;
    /** The name. */
    name: string;
    /** The password, of at least ten characters. */
    password: string;
  }
  /** A level of a logger, and the clients to which it applies. */
  interface TargetedLevel {
    /** The number of the environment, as a string. Null for all environments without a level of their own. */
    environment?: string | null;
    /** The level: `DEBUG`. Null if a percentage rollout or an environment variable provides it. */
    level?: string | null;
    for?: LevelTarget | null;
    /** The condition under which the level applies, for people. Null if it always applies. */
    when?: string | null;
    /** The time at which the level is removed, in milliseconds since 1970. */
    expiresAt?: number | null;
  }
  /** The telemetry that a server received since its start. */
  interface TelemetryHealth {
    /** The size of the reports in bytes. */
    receivedBytes: number;
    /** The number of entries that the server skipped because of a limit, and of reports that it rejected. */
    dropped: number;
    /** The number of entries that clients dropped, as they report it. */
    droppedByClients: number;
  }
  /** A management token without its text, which the server does not store. */
  interface TokenResponse {
    /** The number of the token, as a string. */
    id: string;
    /** The name of the token. */
    name: string;
    /** The role in the project. */
    role: Role;
    /** The environments with a different role. */
    environments: EnvironmentRole[];
    /** The actor who issued the token. */
    createdBy: string;
    /** The creation time, in milliseconds since 1970. */
    createdAt: number;
    /** The time of the last use, in milliseconds since 1970, with a resolution of one minute. */
    lastUsedAt?: number | null;
    /** The time at which the token expires, in milliseconds since 1970. */
    expiresAt?: number | null;
    /** The time at which the token was revoked, in milliseconds since 1970. */
    revokedAt?: number | null;
  }
  /** An item that is not used. */
  interface UnusedItem {
    /** The config key. */
    key: string;
    /** The type of the item. */
    type: ItemType;
    /** The time of the last change, in milliseconds since 1970. */
    changedAt: number;
    /** The time of the last evaluation, in milliseconds since 1970. */
    lastEvaluatedAt?: number | null;
    /** The reason why the item counts as unused, for people. */
    reason: string;
  }
  /** Items that are not used. */
  interface UnusedResponse {
    /** The number of days without evaluations. */
    days: number;
    /** The unused items. */
    items: UnusedItem[];
  }
  /** Renames or protects an environment. Absent fields keep their value. */
  interface UpdateEnvironmentRequest {
    /** The new name. */
    name?: string | null;
    /** Whether every change requires a comment. */
    needsComment?: boolean | null;
    /** Whether every change requires the approval of a second person. */
    needsApproval?: boolean | null;
  }
  /** Changes the settings of the installation. Absent fields keep their value. */
  interface UpdateInstallationRequest {
    inviters?: Inviters | null;
  }
  /** Changes the role of a member. Absent fields keep their value. */
  interface UpdateMemberRequest {
    role?: Role | null;
    /** All environments with a different role. */
    environments?: EnvironmentRoleRequest[] | null;
  }
  /** Validates a value without storing it. */
  interface ValidateValueRequest {
    /** The value. */
    value: FlatValue;
    /** The config key of the schema that the value must match. */
    schemaKey?: string | null;
  }
  /** The number of evaluations that returned one value. */
  interface ValueCount {
    /** The value in the form of a datafile. Confidential values are redacted; unknown values are null. */
    value?: Record<string, any> | null;
    /** The version that returned the value, as a string. Null if it is unknown or several versions are counted together. */
    version?: string | null;
    /** The number of evaluations. */
    count: number;
  }
  /** The type of a value, or the way in which it is computed. */
  type ValueKind = "bool" | "int" | "double" | "string" | "string_list" | "json" | "log_level" | "duration" | "int_range" | "bytes" | "schema" | "limit_definition" | "weighted_values" | "provided";
  /** A problem of a value. */
  interface ValueProblem {
    /** The place in the JSON, as a JSON pointer; null if the text is not JSON. */
    pointer?: string | null;
    /** The line in the text, starting at 1; only if the text is not JSON. */
    line?: number | null;
    /** What is wrong. */
    message: string;
  }
  /** A possible value of a flag. */
  interface Variant {
    /** The value. */
    value: FlatValue;
    /** The name of the variant. */
    name?: string | null;
    /** The meaning of the variant, for people. */
    description?: string | null;
  }
}
