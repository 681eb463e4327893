UPDATE tasks SET remind_at =
    greatest(due_at - warning_offset * 60000000::bigint, (extract(epoch FROM now()) * 1000)::bigint * 1000)
  WHERE task_status IN ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED')
    AND due_at > (extract(epoch FROM now()) * 1000)::bigint * 1000;
