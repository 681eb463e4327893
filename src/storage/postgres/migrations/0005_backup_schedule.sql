-- The schedule of backups, which all processes share: one row, from the first scheduled backup on. Times are milliseconds
-- since the epoch.
CREATE TABLE backup_schedule (
  schedule_id   bigint PRIMARY KEY CHECK (schedule_id = 1),
  -- When the first backup was due.
  since         bigint NOT NULL,
  -- Until then, no other process begins a backup: one is running, or the last attempt failed.
  claimed_until bigint NOT NULL,
  -- When the last complete backup began.
  succeeded_at  bigint,
  -- The attempts that failed since then.
  failures      bigint NOT NULL DEFAULT 0
);
