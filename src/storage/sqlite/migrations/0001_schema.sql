-- AUTOINCREMENT: an id is never reused, even after the newest row is deleted.
-- Every index entry in SQLite ends with the rowid, so ties are sorted by id.

CREATE TABLE users (
  user_id           INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name        TEXT    NOT NULL,
  last_name         TEXT    NOT NULL,
  contact_email     TEXT    NOT NULL,
  contact_email_key TEXT    NOT NULL UNIQUE,
  created_at        INTEGER NOT NULL, -- milliseconds since the epoch
  updated_at        INTEGER NOT NULL,
  version           INTEGER NOT NULL DEFAULT 1,
  deleted           INTEGER NOT NULL DEFAULT 0 -- 1: soft-deleted until the user's data is purged
) STRICT;

CREATE INDEX users_by_first_name ON users (first_name);
CREATE INDEX users_by_last_name ON users (last_name);
-- A lower-case address is its own key, so the unique index of the keys sorts those users. With an index of all addresses,
-- every insert would write another page, because addresses arrive in no order. See sqlite/address-order.ts.
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

-- One index for each sort, and one for each common combination of a filter and a sort.
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
  previous_valid_until INTEGER -- when it stops being valid
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user_id) WHERE user_id IS NOT NULL;

-- The change log: an entry for every change, inserted in the same transaction. Audit, history, events and replayed
-- responses are read from it. The newest row is never pruned, so that no sequence number is reused.
CREATE TABLE changes (
  sequence       INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL, -- milliseconds since the epoch
  type           TEXT    NOT NULL, -- resource.event
  actor          TEXT    NOT NULL,
  user_id        INTEGER, -- the owner of the values; no reference, because the entry outlives the user
  former_user_id INTEGER, -- the owner of old_values, if the task has a new owner
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

-- The subject of an identity provider to which a user is bound. A JWT contains only the address, which a user token can
-- change.
CREATE TABLE user_identities (
  user_id         INTEGER PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
  issuer          TEXT,
  subject         TEXT, -- a digest, as in the log and the audit; NULL, like issuer, if the user is not bound
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
  previous_valid_until INTEGER, -- when deliveries stop being signed with it
  last_success_at      INTEGER,
  last_failure_at      INTEGER,
  failing              INTEGER NOT NULL DEFAULT 0 -- 1: the last attempt failed
) STRICT;

-- One row for each event and webhook. It contains only ids: the payload is read from the change log when it is sent.
CREATE TABLE webhook_deliveries (
  delivery_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id       INTEGER NOT NULL, -- no reference: deliveries of a deleted webhook are pruned by age
  sequence         INTEGER NOT NULL, -- the event in changes
  type             TEXT    NOT NULL,
  resource         TEXT    NOT NULL, -- such as user/1 or task/1; its events are sent in order
  at               INTEGER NOT NULL, -- the time of the event, milliseconds since the epoch
  state            TEXT    NOT NULL, -- pending, delivered, failed
  attempts         INTEGER NOT NULL DEFAULT 0,
  first_attempt_at INTEGER,
  next_attempt_at  INTEGER, -- NULL if the delivery is not pending, or an earlier one of the resource is
  delivered_at     INTEGER,
  last_status      INTEGER,
  last_error       TEXT
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, resource, sequence) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (at);

-- The latest attempts of each delivery.
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

-- The queue of emails. It contains only ids: the content is created when the email is sent.
CREATE TABLE emails (
  email_id        TEXT    PRIMARY KEY, -- a UUID, part of the Message-ID
  kind            TEXT    NOT NULL, -- reminder, confirmation
  sequence        INTEGER, -- the entry of the change log that requires the email; NULL if a request does
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

-- The emails of the last day by recipient, to limit their number. It does not reference users, so that deleting a user and
-- creating it again does not reset the limit.
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

-- Confirmation links. A change of the address deletes them, so each one is for the current address.
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
