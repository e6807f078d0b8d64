//! The statements of each version of the schema.

/// One entry per version of the schema, applied in order and never edited afterwards.
pub(crate) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE project (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  created_at_millis INTEGER NOT NULL
) STRICT;
CREATE TABLE environment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  name TEXT NOT NULL,
  UNIQUE (project_id, name)
) STRICT;
CREATE TABLE api_key (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  environment_id INTEGER NOT NULL REFERENCES environment (id),
  kind TEXT NOT NULL,
  hash BLOB NOT NULL,
  user_id TEXT,
  created_at_millis INTEGER NOT NULL,
  revoked_at_millis INTEGER
) STRICT;
CREATE TABLE config_version (
  project_id INTEGER NOT NULL REFERENCES project (id),
  id INTEGER NOT NULL,
  previous_id INTEGER,
  key TEXT NOT NULL,
  body BLOB,
  user_id INTEGER NOT NULL,
  email TEXT NOT NULL,
  api_key_id TEXT NOT NULL,
  user_identity TEXT NOT NULL,
  changed_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX config_version_by_key ON config_version (project_id, key, id);
CREATE TABLE config_head (
  project_id INTEGER NOT NULL REFERENCES project (id),
  key TEXT NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX config_head_by_id ON config_head (project_id, id);
",
    "
ALTER TABLE environment ADD COLUMN needs_comment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environment ADD COLUMN needs_approval INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN expires_at_millis INTEGER;
ALTER TABLE api_key ADD COLUMN last_used_at_millis INTEGER;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER,
  at_millis INTEGER NOT NULL,
  who TEXT NOT NULL,
  origin TEXT NOT NULL,
  via TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  environment_id INTEGER,
  version_id INTEGER,
  is_refused INTEGER NOT NULL,
  sentence TEXT NOT NULL,
  comment TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (project_id, subject, id);
CREATE INDEX audit_by_version ON audit (project_id, version_id);
",
    "
CREATE TABLE draft (
  project_id INTEGER NOT NULL REFERENCES project (id),
  key TEXT NOT NULL,
  body BLOB,
  base_id INTEGER NOT NULL,
  comment TEXT NOT NULL,
  saved_by TEXT NOT NULL,
  saved_by_person TEXT NOT NULL,
  saved_at_millis INTEGER NOT NULL,
  approved_by TEXT,
  PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE evaluation (
  project_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  environment_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  config_id INTEGER NOT NULL,
  value TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (project_id, key, environment_id, hour, config_id, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX evaluation_by_hour ON evaluation (project_id, hour, key, count);
CREATE TABLE evaluated_key (
  project_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  last_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE logger (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  day INTEGER NOT NULL,
  traces INTEGER NOT NULL,
  debugs INTEGER NOT NULL,
  infos INTEGER NOT NULL,
  warns INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  fatals INTEGER NOT NULL,
  last_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id, name, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE context_property (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  context TEXT NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  last_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id, context, name, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE context_example (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  contexts TEXT NOT NULL,
  at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id, contexts)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE expiry (
  project_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  environment_id INTEGER NOT NULL,
  target TEXT NOT NULL,
  at_millis INTEGER NOT NULL,
  set_by TEXT NOT NULL,
  PRIMARY KEY (project_id, key, environment_id, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiry_by_time ON expiry (at_millis);
",
    "
CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at_millis INTEGER NOT NULL
) STRICT;
CREATE TABLE password (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  hash TEXT NOT NULL,
  changed_at_millis INTEGER NOT NULL
) STRICT;
CREATE TABLE member (
  project_id INTEGER NOT NULL REFERENCES project (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  roles TEXT NOT NULL,
  joined_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_person ON member (person_id);
CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  created_at_millis INTEGER NOT NULL,
  last_used_at_millis INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE invitation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  project_id INTEGER REFERENCES project (id),
  email TEXT,
  roles TEXT,
  created_by TEXT NOT NULL,
  created_at_millis INTEGER NOT NULL,
  expires_at_millis INTEGER NOT NULL,
  used_at_millis INTEGER,
  used_by INTEGER REFERENCES person (id)
) STRICT;
CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  hash BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_by_person INTEGER NOT NULL,
  created_at_millis INTEGER NOT NULL,
  last_used_at_millis INTEGER,
  expires_at_millis INTEGER,
  revoked_at_millis INTEGER
) STRICT;
",
    "
CREATE TABLE reset (
  person_id INTEGER PRIMARY KEY REFERENCES person (id),
  hash BLOB NOT NULL UNIQUE,
  expires_at_millis INTEGER NOT NULL
) STRICT;
",
    "
ALTER TABLE config_version ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE draft ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
",
    // The user id of an API key can equal the id of a person by chance, so the name identifies the creator of a token.
    "
ALTER TABLE token ADD COLUMN owner_id INTEGER;
UPDATE token SET owner_id = created_by_person WHERE EXISTS (
  SELECT 1 FROM person
  WHERE person.id = token.created_by_person AND token.created_by = person.name || ' (' || person.email || ')'
);
",
    // Sums of counts that were not clamped overflow. Half of the logger rows are left for new names, since the listed names
    // may be invented.
    "
UPDATE evaluation SET count = max(0, min(count, 9007199254740992))
WHERE count NOT BETWEEN 0 AND 9007199254740992;
UPDATE logger SET
  traces = max(0, min(traces, 9007199254740992)), debugs = max(0, min(debugs, 9007199254740992)),
  infos = max(0, min(infos, 9007199254740992)), warns = max(0, min(warns, 9007199254740992)),
  errors = max(0, min(errors, 9007199254740992)), fatals = max(0, min(fatals, 9007199254740992))
WHERE min(traces, debugs, infos, warns, errors, fatals) < 0
   OR max(traces, debugs, infos, warns, errors, fatals) > 9007199254740992;
CREATE TABLE evaluation_room (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  used INTEGER NOT NULL,
  used_by_public_keys INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE logger_name (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  is_public INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO logger_name
SELECT project_id, environment_id, name, 0, last_day FROM (
  SELECT *, row_number() OVER (PARTITION BY project_id, environment_id ORDER BY first_day, last_day DESC) AS place
  FROM (SELECT project_id, environment_id, name, min(day) AS first_day, max(day) AS last_day
        FROM logger GROUP BY 1, 2, 3)
) WHERE place <= 5000;
CREATE TABLE public_context_example (
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  contexts TEXT NOT NULL,
  at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment_id, contexts)
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE audit ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN refusal TEXT;
CREATE UNIQUE INDEX audit_by_refusal ON audit (refusal) WHERE refusal IS NOT NULL;
CREATE INDEX audit_by_project ON audit (project_id);
",
    // The invitation of the first person has no project.
    "
ALTER TABLE person ADD COLUMN is_owner INTEGER NOT NULL DEFAULT 0;
UPDATE person SET is_owner = 1
WHERE id IN (SELECT used_by FROM invitation WHERE project_id IS NULL AND used_by IS NOT NULL);
ALTER TABLE person ADD COLUMN invited_by TEXT;
UPDATE person SET invited_by = (
  SELECT created_by FROM invitation WHERE used_by = person.id AND project_id IS NOT NULL
);
CREATE TABLE membership_offer (
  project_id INTEGER NOT NULL REFERENCES project (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  roles TEXT NOT NULL,
  offered_by TEXT NOT NULL,
  offered_at_millis INTEGER NOT NULL,
  PRIMARY KEY (project_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_offer_by_person ON membership_offer (person_id);
CREATE TABLE installation (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE api_key ADD COLUMN created_by_person INTEGER;
UPDATE api_key SET created_by_person = (
  SELECT id FROM person WHERE person.name || ' (' || person.email || ')' = api_key.created_by
);
CREATE TABLE known_browser (
  hash BLOB PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  seen_at_millis INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX known_browser_by_person ON known_browser (person_id);
",
    "
CREATE TABLE epoch (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  value TEXT NOT NULL
) STRICT;
INSERT INTO epoch VALUES (1, lower(hex(randomblob(16))));
",
    "
CREATE TABLE known_browser_2 (
  hash BLOB NOT NULL,
  person_id INTEGER NOT NULL REFERENCES person (id),
  seen_at_millis INTEGER NOT NULL,
  PRIMARY KEY (hash, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO known_browser_2 (hash, person_id, seen_at_millis)
  SELECT hash, person_id, seen_at_millis FROM known_browser;
DROP TABLE known_browser;
ALTER TABLE known_browser_2 RENAME TO known_browser;
CREATE INDEX known_browser_by_person ON known_browser (person_id, seen_at_millis);
",
    "
CREATE TABLE login_attempt (
  subject_hash BLOB PRIMARY KEY,
  until_millis INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_attempt_by_time ON login_attempt (until_millis);
CREATE TABLE presence (
  server TEXT NOT NULL,
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  at_millis INTEGER NOT NULL,
  PRIMARY KEY (server, project_id, environment_id, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  until_millis INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
];
