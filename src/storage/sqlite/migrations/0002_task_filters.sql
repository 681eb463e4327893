-- Serves an owner's tasks with some statuses by due date, and those with any status: see sqlite/tasks.ts.
CREATE INDEX tasks_by_user_status_and_due ON tasks (user_id, task_status, due_at);
DROP INDEX tasks_by_user_and_due;
