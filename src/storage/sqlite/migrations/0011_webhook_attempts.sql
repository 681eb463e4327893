-- A secret is rotated with an overlap: until then deliveries are signed with the one before as well.
ALTER TABLE webhooks ADD COLUMN previous_secret BLOB; -- encrypted; NULL when there is none
ALTER TABLE webhooks ADD COLUMN previous_valid_until INTEGER; -- milliseconds since the epoch
ALTER TABLE webhooks ADD COLUMN last_success_at INTEGER;
ALTER TABLE webhooks ADD COLUMN last_failure_at INTEGER;
ALTER TABLE webhooks ADD COLUMN failing INTEGER NOT NULL DEFAULT 0; -- 1 while the last attempt failed

-- The last attempts at each delivery.
CREATE TABLE webhook_attempts (
  attempt_id  INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery_id INTEGER NOT NULL REFERENCES webhook_deliveries (delivery_id) ON DELETE CASCADE,
  at          INTEGER NOT NULL, -- when it began, in milliseconds since the epoch
  duration_ms INTEGER NOT NULL,
  status      INTEGER, -- NULL when there was no response
  error       TEXT,    -- NULL for a success
  user_id     INTEGER, -- whose data the event has; no reference: the row stays when the user is deleted
  response    TEXT     -- the beginning of the response's body; erased with the user, whose data it may repeat
) STRICT;

CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id);
CREATE INDEX webhook_attempts_to_erase ON webhook_attempts (user_id) WHERE response IS NOT NULL;
