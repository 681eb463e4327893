import type { DatabaseSync } from 'node:sqlite';
import { type NewTask, NoSuchUser, type Task, type TaskChanges } from '../store.ts';
import { changeTask, insertedTask, TASK_COLUMNS, toTask } from '../task-rows.ts';
import { prepare, type RowStatement } from './rows.ts';

/**
 * Its owner may be deleted and the task not yet purged. Looked up in the index of deleted users, which is nearly always
 * empty: among all users it would be a page to read for each task.
 */
export const TASK_VISIBLE = `NOT EXISTS
  (SELECT 1 FROM users INDEXED BY users_deleted WHERE users.user_id = tasks.user_id AND users.deleted = 1)`;

/** The tasks. Whatever writes must be called inside a transaction. */
export class TaskTable {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectOwner: RowStatement;
  readonly #update: RowStatement;
  readonly #delete: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, clock: () => number) {
    this.#clock = clock;
    // No row where there is no such user, or only one that is deleted.
    this.#insert = prepare(
      db,
      `INSERT INTO tasks (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT user_id, ?, ?, ?, ?, ?, ?, ? FROM users WHERE user_id = ? AND deleted = 0`,
    );
    this.#select = prepare(db, `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`);
    this.#selectOwner = prepare(db, 'SELECT 1 FROM users WHERE user_id = ? AND deleted = 0');
    this.#update = prepare(
      db,
      `UPDATE tasks SET user_id = ?, task_title = ?, task_description = ?, task_status = ?, due_date = ?,
       due_at = coalesce(?, due_at), warning_offset = ?, version = ?, updated_at = ? WHERE task_id = ?`,
    );
    this.#delete = prepare(db, `DELETE FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`);
  }

  insert(task: NewTask): Task | typeof NoSuchUser {
    const { userId, taskTitle, taskDescription, taskStatus, dueDate, dueAt, warningOffset } = task;
    const { changes, lastInsertRowid } = this.#insert.run(
      taskTitle,
      taskDescription,
      taskStatus,
      dueDate,
      dueAt,
      warningOffset,
      this.#clock(),
      userId,
    );
    return changes === 0 ? NoSuchUser : insertedTask(Number(lastInsertRowid), task);
  }

  get(taskId: number): Task | undefined {
    const row = this.#select.get(taskId);
    return row === undefined ? undefined : toTask(row);
  }

  update(taskId: number, changes: TaskChanges): Task | typeof NoSuchUser | undefined {
    const task = this.get(taskId);
    if (task === undefined) return undefined;
    const changed = changeTask(task, changes);
    if (changed === task) return task;
    const { userId, taskTitle, taskDescription = null, taskStatus, dueDate, warningOffset, version } = changed;
    if (userId !== task.userId && this.#selectOwner.get(userId) === undefined) return NoSuchUser;
    this.#update.run(
      userId,
      taskTitle,
      taskDescription,
      taskStatus,
      dueDate,
      changes.dueAt ?? null,
      warningOffset,
      version,
      this.#clock(),
      taskId,
    );
    return changed;
  }

  delete(taskId: number): boolean {
    return this.#delete.run(taskId).changes === 1;
  }
}
