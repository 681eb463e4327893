-- AUTOINCREMENT: an id is never reused, not even after the newest row is deleted.
-- SQLite ends every index entry with the row's id, so ties are sorted by id.

CREATE TABLE users (
  user_id           INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name        TEXT    NOT NULL,
  last_name         TEXT    NOT NULL,
  contact_email     TEXT    NOT NULL,
  contact_email_key TEXT    NOT NULL UNIQUE,
  created_at        INTEGER NOT NULL, -- milliseconds since the epoch
  updated_at        INTEGER NOT NULL,
  version           INTEGER NOT NULL DEFAULT 1,
  deleted           INTEGER NOT NULL DEFAULT 0 -- 1: soft-deleted, until the rest of the user's data is purged
) STRICT;

CREATE INDEX users_by_first_name ON users (first_name);
CREATE INDEX users_by_last_name ON users (last_name);
-- A lower-case address is its own key, so the index of the keys has those users in order. An index of all addresses would
-- cost every insert another page, since addresses arrive in no order. See sqlite/address-order.ts.
CREATE INDEX users_by_other_contact_email ON users (contact_email) WHERE contact_email <> contact_email_key;
CREATE INDEX users_by_update ON users (updated_at);
CREATE INDEX users_deleted ON users (user_id) WHERE deleted = 1;

CREATE TABLE tasks (
  task_id          INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id          INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
  task_title       TEXT    NOT NULL,
  task_description TEXT,
  task_status      TEXT    NOT NULL,
  due_date         TEXT    NOT NULL, -- as responses show it
  due_at           INTEGER NOT NULL, -- the same as microseconds since the epoch
  warning_offset   INTEGER NOT NULL, -- minutes
  version          INTEGER NOT NULL DEFAULT 1,
  updated_at       INTEGER NOT NULL, -- milliseconds since the epoch
  remind_at        INTEGER -- when the reminder is due, microseconds since the epoch; NULL for none
) STRICT;

-- One index a sort, and one for each filter with each of the sorts that are common with it.
CREATE INDEX tasks_by_user ON tasks (user_id);
CREATE INDEX tasks_by_user_and_due ON tasks (user_id, due_at);
CREATE INDEX tasks_by_user_and_status ON tasks (user_id, task_status);
CREATE INDEX tasks_by_title ON tasks (task_title);
CREATE INDEX tasks_by_status ON tasks (task_status);
CREATE INDEX tasks_by_status_and_due ON tasks (task_status, due_at);
CREATE INDEX tasks_by_due ON tasks (due_at);
CREATE INDEX tasks_by_warning_offset ON tasks (warning_offset);
CREATE INDEX tasks_by_update ON tasks (updated_at);
CREATE INDEX tasks_to_remind ON tasks (remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE tokens (
  token_id             INTEGER PRIMARY KEY AUTOINCREMENT,
  name                 TEXT    NOT NULL,
  secret_hash          BLOB    NOT NULL, -- SHA-256 of the secret
  scopes               TEXT    NOT NULL, -- separated by spaces
  plan                 TEXT    NOT NULL,
  user_id              INTEGER REFERENCES users (user_id) ON DELETE CASCADE, -- NULL: a service token
  created_at           INTEGER NOT NULL, -- milliseconds since the epoch
  expires_at           INTEGER,
  revoked_at           INTEGER,
  last_used_at         INTEGER,
  previous_secret_hash BLOB, -- after a rotation: the previous secret
  previous_valid_until INTEGER -- and when it stops being valid
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user_id) WHERE user_id IS NOT NULL;

-- The change log: every change, written in the same transaction. Audit, history, events and replayed responses are read
-- from it. The newest row is never pruned, so that no sequence number is reused.
CREATE TABLE changes (
  sequence       INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL, -- milliseconds since the epoch
  type           TEXT    NOT NULL, -- resource.event
  actor          TEXT    NOT NULL,
  user_id        INTEGER, -- the owner of the values; no reference, because the entry outlives the user
  former_user_id INTEGER, -- the owner of old_values, if the task went to another user
  task_id        INTEGER,
  token_id       INTEGER,
  old_values     TEXT, -- JSON: the previous values of the fields that changed
  new_values     TEXT  -- JSON: the whole resource after the change
) STRICT;

CREATE INDEX changes_by_user ON changes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX changes_by_former_user ON changes (former_user_id) WHERE former_user_id IS NOT NULL;
CREATE INDEX changes_by_task ON changes (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE idempotency_keys (
  key          BLOB    PRIMARY KEY, -- SHA-256 of the token, the operation and the client's key
  request_hash BLOB    NOT NULL, -- SHA-256 of the body
  created_at   INTEGER NOT NULL, -- milliseconds since the epoch
  sequence     INTEGER NOT NULL, -- the change whose new_values are the response
  user_id      INTEGER  -- the owner of those values
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_by_user ON idempotency_keys (user_id) WHERE user_id IS NOT NULL;

-- The consumers of the change log, such as the one that enqueues deliveries.
CREATE TABLE consumers (
  name          TEXT    PRIMARY KEY,
  last_sequence INTEGER NOT NULL -- the last entry that it has processed
) STRICT, WITHOUT ROWID;

-- Which subject of an identity provider a user is bound to. A JWT names the user by address only, and a user token can
-- change the address.
CREATE TABLE user_identities (
  user_id         INTEGER PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
  issuer          TEXT,
  subject         TEXT, -- a digest, as in the log and the audit; NULL like the issuer: not bound yet
  address_by_user INTEGER NOT NULL -- 1: a user token has set the current address, so no new subject can be bound
) STRICT;

CREATE TABLE webhooks (
  webhook_id           INTEGER PRIMARY KEY AUTOINCREMENT,
  url                  TEXT    NOT NULL,
  events               TEXT    NOT NULL, -- event types, separated by spaces
  description          TEXT,
  enabled              INTEGER NOT NULL, -- 0 or 1
  secret               BLOB    NOT NULL, -- encrypted: see webhooks/secret-box.ts
  from_sequence        INTEGER NOT NULL, -- only later events are sent
  created_at           INTEGER NOT NULL, -- milliseconds since the epoch
  version              INTEGER NOT NULL DEFAULT 1,
  previous_secret      BLOB, -- after a rotation: the previous secret, encrypted
  previous_valid_until INTEGER, -- and when deliveries stop being signed with it
  last_success_at      INTEGER,
  last_failure_at      INTEGER,
  failing              INTEGER NOT NULL DEFAULT 0 -- 1: the last attempt failed
) STRICT;

-- One row for each event and webhook. It holds ids only: the payload is read from the change log when it is sent.
CREATE TABLE webhook_deliveries (
  delivery_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id       INTEGER NOT NULL, -- no reference: deliveries of a deleted webhook are pruned by age
  sequence         INTEGER NOT NULL, -- the event in changes
  type             TEXT    NOT NULL,
  resource         TEXT    NOT NULL, -- its events are sent in order: user/1, task/1
  at               INTEGER NOT NULL, -- the time of the event, milliseconds since the epoch
  state            TEXT    NOT NULL, -- pending, delivered, failed
  attempts         INTEGER NOT NULL DEFAULT 0,
  first_attempt_at INTEGER,
  next_attempt_at  INTEGER, -- NULL once it is not pending, and while an earlier event of the resource is
  delivered_at     INTEGER,
  last_status      INTEGER,
  last_error       TEXT
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, resource, sequence) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (at);

-- The last attempts of each delivery.
CREATE TABLE webhook_attempts (
  attempt_id  INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery_id INTEGER NOT NULL REFERENCES webhook_deliveries (delivery_id) ON DELETE CASCADE,
  at          INTEGER NOT NULL, -- its start, milliseconds since the epoch
  duration_ms INTEGER NOT NULL,
  status      INTEGER, -- NULL: there was no response
  error       TEXT,    -- NULL: success
  user_id     INTEGER, -- the owner of the event's values; no reference: the row outlives the user
  response    TEXT     -- the start of the response body; erased with the user, whose data it may repeat
) STRICT;

CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id);
CREATE INDEX webhook_attempts_to_erase ON webhook_attempts (user_id) WHERE response IS NOT NULL;

-- The queue of emails. It holds ids only: the content is made when the email is sent.
CREATE TABLE emails (
  email_id        TEXT    PRIMARY KEY, -- a UUID, part of the Message-ID
  kind            TEXT    NOT NULL, -- reminder, confirmation
  sequence        INTEGER, -- the entry of the change log that requires it; NULL: a request did
  user_id         INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE, -- the recipient
  task_id         INTEGER, -- the task of a reminder; no reference, because it may outlive the task
  state           TEXT    NOT NULL, -- pending, delivered, cancelled, failed
  attempts        INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL, -- milliseconds since the epoch; during an attempt: the end of its lease
  created_at      INTEGER NOT NULL,
  UNIQUE (kind, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX emails_due ON emails (next_attempt_at) WHERE state = 'pending';
CREATE INDEX emails_by_user ON emails (user_id, kind, created_at);
CREATE INDEX emails_by_age ON emails (created_at) WHERE state <> 'pending';

-- The emails of the last day by recipient, to limit their number. It names no user, so that deleting and creating a user
-- resets no limit.
CREATE TABLE email_sends (
  email_id     TEXT    NOT NULL,
  address_hash BLOB    NOT NULL, -- SHA-256 of the address key
  kind         TEXT    NOT NULL,
  task_id      INTEGER,
  sent_at      INTEGER NOT NULL, -- the first attempt, milliseconds since the epoch
  PRIMARY KEY (email_id, address_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX email_sends_by_address ON email_sends (address_hash, kind, sent_at);
CREATE INDEX email_sends_by_task ON email_sends (task_id, sent_at) WHERE task_id IS NOT NULL;
CREATE INDEX email_sends_by_age ON email_sends (sent_at);

-- Links that confirm an address. A change of the address deletes them, so each is for the current one.
CREATE TABLE email_confirmations (
  token_hash   BLOB    PRIMARY KEY, -- SHA-256 of the secret in the link
  user_id      INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
  created_at   INTEGER NOT NULL, -- milliseconds since the epoch
  expires_at   INTEGER NOT NULL,
  sent_at      INTEGER, -- when an SMTP server accepted the email
  confirmed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX email_confirmations_by_user ON email_confirmations (user_id);
CREATE INDEX email_confirmations_by_expiry ON email_confirmations (expires_at) WHERE confirmed_at IS NULL;
