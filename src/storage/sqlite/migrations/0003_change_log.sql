-- Every change, written in the transaction that makes it: audits, histories and repeated answers are read from it.
-- The newest row is never removed, so that no sequence number is given out twice.
CREATE TABLE changes (
  sequence       INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL, -- milliseconds since the epoch
  type           TEXT    NOT NULL, -- resource.event
  actor          TEXT    NOT NULL, -- the token that made it
  user_id        INTEGER, -- whose data the values are; no reference, since it outlives the user
  former_user_id INTEGER, -- whose data old_values are, where a task was given to another user
  task_id        INTEGER,
  token_id       INTEGER,
  old_values     TEXT, -- JSON: the fields that changed, as they were
  new_values     TEXT  -- JSON: the whole resource afterwards
) STRICT;

CREATE INDEX changes_by_user ON changes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX changes_by_former_user ON changes (former_user_id) WHERE former_user_id IS NOT NULL;
CREATE INDEX changes_by_task ON changes (task_id) WHERE task_id IS NOT NULL;

-- Which creations were answered, so that a repeated request is answered alike.
CREATE TABLE idempotency_keys (
  key          BLOB    PRIMARY KEY, -- SHA-256 of the token, the operation and the client's key
  request_hash BLOB    NOT NULL, -- SHA-256 of the body
  created_at   INTEGER NOT NULL,
  sequence     INTEGER NOT NULL, -- of the change whose new_values were the answer
  user_id      INTEGER  -- whose data that is
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_by_user ON idempotency_keys (user_id) WHERE user_id IS NOT NULL;

ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
-- After a rotation: the secret before, and until when it is accepted still.
ALTER TABLE tokens ADD COLUMN previous_secret_hash BLOB;
ALTER TABLE tokens ADD COLUMN previous_valid_until INTEGER;
