-- AUTOINCREMENT: an id is never given out again, also not after the newest row is deleted.
CREATE TABLE users (
  user_id           INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name        TEXT    NOT NULL,
  last_name         TEXT    NOT NULL,
  contact_email     TEXT    NOT NULL,
  contact_email_key TEXT    NOT NULL UNIQUE,
  created_at        INTEGER NOT NULL -- milliseconds since the epoch
) STRICT;

CREATE TABLE tokens (
  token_id    INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT    NOT NULL,
  secret_hash BLOB    NOT NULL, -- SHA-256 of the secret part
  scopes      TEXT    NOT NULL, -- separated by spaces
  plan        TEXT    NOT NULL,
  user_id     INTEGER REFERENCES users (user_id) ON DELETE CASCADE, -- NULL: a service token
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  revoked_at  INTEGER
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user_id) WHERE user_id IS NOT NULL;
