-- The schedule of backups, which all processes share: one row, from the first scheduled backup on. Times are milliseconds
-- since the epoch.
CREATE TABLE backup_schedule (
  schedule_id   INTEGER PRIMARY KEY CHECK (schedule_id = 1),
  -- When the first backup was due.
  since         INTEGER NOT NULL,
  -- Until then, no other process begins a backup: one is running, or the last attempt failed.
  claimed_until INTEGER NOT NULL,
  -- When the last complete backup began.
  succeeded_at  INTEGER,
  -- The attempts that failed since then.
  failures      INTEGER NOT NULL DEFAULT 0
) STRICT;
