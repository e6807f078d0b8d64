CREATE TABLE @.login_attempt (
  subject_hash BYTEA PRIMARY KEY,
  until_millis BIGINT NOT NULL,
  count BIGINT NOT NULL
);
CREATE INDEX login_attempt_by_time ON @.login_attempt (until_millis);
CREATE TABLE @.presence (
  server TEXT NOT NULL,
  project_id BIGINT NOT NULL,
  environment_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  count BIGINT NOT NULL,
  at_millis BIGINT NOT NULL,
  PRIMARY KEY (server, project_id, environment_id, kind)
);
CREATE TABLE @.lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  until_millis BIGINT NOT NULL
);
