//! The tables of a store as rows, to copy a store into one of another kind.
//!
//! The tables and columns are those of the SQLite store. Another store can have more columns, which it fills itself.

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A number, or 0 and 1 for false and true.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A table and its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
}

/// Some rows of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The table.
    pub table: &'static Table,
    /// The rows, with a value for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// The number of rows that are copied together.
pub const ROWS_PER_CHUNK: usize = 1_000;

const fn table(name: &'static str, columns: &'static [&'static str]) -> Table {
    Table { name, columns }
}

/// The tables that are not copied, because they are about the servers that run.
pub const TRANSIENT_TABLES: &[&str] = &["lease", "login_attempt", "presence"];

/// All tables that are copied. A table comes after those that it refers to.
pub const TABLES: &[Table] = &[
    table("epoch", &["id", "value"]),
    table("installation", &["name", "value"]),
    table("project", &["id", "name", "first_id", "last_id", "created_at_millis"]),
    table("environment", &["id", "project_id", "name", "needs_comment", "needs_approval"]),
    table(
        "api_key",
        &[
            "id",
            "project_id",
            "environment_id",
            "kind",
            "hash",
            "user_id",
            "created_at_millis",
            "revoked_at_millis",
            "name",
            "created_by",
            "expires_at_millis",
            "last_used_at_millis",
            "created_by_person",
        ],
    ),
    table(
        "config_version",
        &[
            "project_id",
            "id",
            "previous_id",
            "key",
            "body",
            "user_id",
            "email",
            "api_key_id",
            "user_identity",
            "changed_at_millis",
            "tags",
        ],
    ),
    table("config_head", &["project_id", "key", "id"]),
    table(
        "audit",
        &[
            "id",
            "project_id",
            "at_millis",
            "who",
            "origin",
            "via",
            "action",
            "subject",
            "environment_id",
            "version_id",
            "is_refused",
            "sentence",
            "comment",
            "count",
            "refusal",
        ],
    ),
    table(
        "draft",
        &[
            "project_id",
            "key",
            "body",
            "base_id",
            "comment",
            "saved_by",
            "saved_by_person",
            "saved_at_millis",
            "approved_by",
            "tags",
        ],
    ),
    table("expiry", &["project_id", "key", "environment_id", "target", "at_millis", "set_by"]),
    table("person", &["id", "email", "name", "created_at_millis", "is_owner", "invited_by"]),
    table("password", &["person_id", "hash", "changed_at_millis"]),
    table("member", &["project_id", "person_id", "roles", "joined_at_millis"]),
    table("membership_offer", &["project_id", "person_id", "roles", "offered_by", "offered_at_millis"]),
    table("session", &["hash", "person_id", "created_at_millis", "last_used_at_millis"]),
    table("known_browser", &["hash", "person_id", "seen_at_millis"]),
    table("reset", &["person_id", "hash", "expires_at_millis"]),
    table(
        "invitation",
        &[
            "id",
            "hash",
            "project_id",
            "email",
            "roles",
            "created_by",
            "created_at_millis",
            "expires_at_millis",
            "used_at_millis",
            "used_by",
        ],
    ),
    table(
        "token",
        &[
            "id",
            "project_id",
            "hash",
            "name",
            "roles",
            "created_by",
            "created_by_person",
            "created_at_millis",
            "last_used_at_millis",
            "expires_at_millis",
            "revoked_at_millis",
            "owner_id",
        ],
    ),
    table("evaluated_key", &["project_id", "key", "last_at_millis"]),
    table("evaluation", &["project_id", "key", "environment_id", "hour", "config_id", "value", "count"]),
    table("evaluation_room", &["project_id", "environment_id", "hour", "used", "used_by_public_keys"]),
    table(
        "logger",
        &[
            "project_id",
            "environment_id",
            "name",
            "day",
            "traces",
            "debugs",
            "infos",
            "warns",
            "errors",
            "fatals",
            "last_at_millis",
        ],
    ),
    table("logger_name", &["project_id", "environment_id", "name", "is_public", "last_day"]),
    table("context_property", &["project_id", "environment_id", "context", "name", "kind", "last_at_millis"]),
    table("context_example", &["project_id", "environment_id", "contexts", "at_millis"]),
    table("public_context_example", &["project_id", "environment_id", "contexts", "at_millis"]),
];
