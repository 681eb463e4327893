-- Serves an owner's tasks with some statuses by due date.
CREATE INDEX tasks_by_user_status_and_due ON tasks (user_id, task_status, due_at, task_id);

-- Contains all that a list selects, so that an owner's first page is read from one or two pages of the index, and not from
-- a page of the table for each task. An entry has at most 1,500 bytes; the limit of an index is 2,704.
DROP INDEX tasks_by_user;
CREATE INDEX tasks_by_user ON tasks (user_id, task_id)
  INCLUDE (task_title, task_description, task_status, due_date, warning_offset, version);
