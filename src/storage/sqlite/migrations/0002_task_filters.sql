-- Serves an owner's tasks with some statuses by due date, and those with any status: see sqlite/tasks.ts.
CREATE INDEX tasks_by_user_status_and_due ON tasks (user_id, task_status, due_at);
DROP INDEX tasks_by_user_and_due;

-- Contains all that a list selects, so that an owner's first page is read from one or two pages of the index, and not from
-- a page of the table for each task.
DROP INDEX tasks_by_user;
CREATE INDEX tasks_by_user ON tasks
  (user_id, task_id, task_title, task_description, task_status, due_date, warning_offset, version);
