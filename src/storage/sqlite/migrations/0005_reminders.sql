-- When the task is to be reminded of, microseconds since the epoch. NULL: not any more, or never.
ALTER TABLE tasks ADD COLUMN remind_at INTEGER;

-- What is open and not due yet; at once, where its time is past.
UPDATE tasks SET remind_at = max(due_at - warning_offset * 60000000, CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000)
  WHERE task_status IN ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED')
    AND due_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000;

-- Of those alone that are still to be reminded of: the next is found at once, however many tasks there are.
CREATE INDEX tasks_to_remind ON tasks (remind_at) WHERE remind_at IS NOT NULL;
