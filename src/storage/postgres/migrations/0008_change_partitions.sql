-- The change log becomes a table of partitions: ranges of sequence numbers, which the retention job drops as a whole. See
-- change-partitions.ts. The table so far is the first one. Its range has no limits, so no row is read, and the lock is held
-- for milliseconds. Statements of an earlier program stay valid.
LOCK TABLE changes IN ACCESS EXCLUSIVE MODE;

-- An identity could not be moved to the new table. Numbers continue.
CREATE SEQUENCE changes_next_seq;
SELECT setval('changes_next_seq', last_value, is_called) FROM changes_sequence_seq;
ALTER TABLE changes ALTER COLUMN sequence DROP IDENTITY;
ALTER SEQUENCE changes_next_seq RENAME TO changes_sequence_seq;

ALTER TABLE changes RENAME TO changes_1;
ALTER INDEX changes_pkey RENAME TO changes_1_pkey;
ALTER INDEX changes_by_user RENAME TO changes_1_by_user;
ALTER INDEX changes_by_former_user RENAME TO changes_1_by_former_user;
ALTER INDEX changes_by_task RENAME TO changes_1_by_task;

CREATE TABLE changes (
  sequence       bigint PRIMARY KEY DEFAULT nextval('changes_sequence_seq'),
  at             bigint NOT NULL, -- milliseconds since the epoch
  type           text NOT NULL, -- resource.event
  actor          text NOT NULL,
  user_id        bigint, -- the owner of the values; no reference, because the entry outlives the user
  former_user_id bigint, -- the owner of old_values, if the task has a new owner
  task_id        bigint,
  token_id       bigint,
  old_values     text, -- JSON: the previous values of the fields that changed
  new_values     text, -- JSON: the whole resource after the change
  traceparent    text -- the W3C `traceparent` of the request that made the change
) PARTITION BY RANGE (sequence);
ALTER SEQUENCE changes_sequence_seq OWNED BY changes.sequence;

CREATE INDEX changes_by_user ON changes (user_id, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX changes_by_former_user ON changes (former_user_id) WHERE former_user_id IS NOT NULL;
CREATE INDEX changes_by_task ON changes (task_id, sequence) WHERE task_id IS NOT NULL;

ALTER TABLE changes ATTACH PARTITION changes_1 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
