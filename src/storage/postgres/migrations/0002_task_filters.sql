-- Serves an owner's tasks with some statuses by due date.
CREATE INDEX tasks_by_user_status_and_due ON tasks (user_id, task_status, due_at, task_id);
