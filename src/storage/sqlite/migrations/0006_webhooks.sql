-- Where events are sent to.
CREATE TABLE webhooks (
  webhook_id     INTEGER PRIMARY KEY AUTOINCREMENT,
  url            TEXT    NOT NULL,
  events         TEXT    NOT NULL, -- types with spaces between them
  description    TEXT,
  enabled        INTEGER NOT NULL, -- 1, or 0 while nothing is sent
  secret         BLOB    NOT NULL, -- encrypted: see webhooks/secret-box.ts
  from_sequence  INTEGER NOT NULL, -- only events behind this one are sent
  created_at     INTEGER NOT NULL, -- milliseconds since the epoch
  version        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One row for an event and a webhook that gets it. It holds ids only: what is sent is read from the change log then.
CREATE TABLE webhook_deliveries (
  delivery_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id       INTEGER NOT NULL, -- no reference: what a deleted webhook leaves is removed by its age
  sequence         INTEGER NOT NULL, -- of the event, in changes
  type             TEXT    NOT NULL, -- of the event
  resource         TEXT    NOT NULL, -- whose events stay in order: user/1, task/1
  at               INTEGER NOT NULL, -- when the event was, in milliseconds since the epoch
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
