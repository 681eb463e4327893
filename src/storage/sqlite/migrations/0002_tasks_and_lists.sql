-- What has changed since: the entity tag, and the parameter updatedSince.
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0; -- milliseconds since the epoch
UPDATE users SET updated_at = created_at;

-- 1: deleted for everyone, and kept without its data only until the last of its many tasks is gone.
ALTER TABLE users ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

-- One index a sort. SQLite ends every entry with the row's id, so ties come by id.
CREATE INDEX users_by_first_name ON users (first_name);
CREATE INDEX users_by_last_name ON users (last_name);
CREATE INDEX users_by_contact_email ON users (contact_email);
CREATE INDEX users_by_update ON users (updated_at);
CREATE INDEX users_deleted ON users (user_id) WHERE deleted = 1;

CREATE TABLE tasks (
  task_id          INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id          INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
  task_title       TEXT    NOT NULL,
  task_description TEXT,
  task_status      TEXT    NOT NULL,
  due_date         TEXT    NOT NULL, -- as responses show it
  due_at           INTEGER NOT NULL, -- its instant, microseconds since the epoch
  warning_offset   INTEGER NOT NULL, -- minutes
  version          INTEGER NOT NULL DEFAULT 1,
  updated_at       INTEGER NOT NULL  -- milliseconds since the epoch
) STRICT;

-- One index a sort, and one for each filter with each of the sorts that are common with it.
CREATE INDEX tasks_by_user ON tasks (user_id);
CREATE INDEX tasks_by_user_and_due ON tasks (user_id, due_at);
CREATE INDEX tasks_by_user_and_status ON tasks (user_id, task_status);
CREATE INDEX tasks_by_title ON tasks (task_title);
CREATE INDEX tasks_by_status ON tasks (task_status);
CREATE INDEX tasks_by_status_and_due ON tasks (task_status, due_at);
CREATE INDEX tasks_by_due ON tasks (due_at);
CREATE INDEX tasks_by_warning_offset ON tasks (warning_offset);
CREATE INDEX tasks_by_update ON tasks (updated_at);
