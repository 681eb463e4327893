UPDATE tasks SET remind_at = max(due_at - warning_offset * 60000000, CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000)
  WHERE task_status IN ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED')
    AND due_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000;
