import type { DatabaseSync } from 'node:sqlite';
import { taskCreated, taskDeleted, taskUpdated } from '../change-rows.ts';
import type { Inserted } from '../inserted.ts';
import {
  type NewTask,
  NoSuchUser,
  type Task,
  type TaskChangeOptions,
  type TaskChanges,
  VersionMismatch,
} from '../store.ts';
import { changeTask, insertedTask, TASK_COLUMNS, toTask } from '../task-rows.ts';
import type { ChangeTable } from './change-table.ts';
import { prepare, type RowStatement } from './rows.ts';
import { isDeletedUser } from './user-table.ts';

export const TASK_VISIBLE = `NOT ${isDeletedUser('tasks.user_id')}`;

/** The tasks. Whatever writes must be called inside a transaction. */
export class TaskTable {
  readonly #changes: ChangeTable;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectOwner: RowStatement;
  readonly #update: RowStatement;
  readonly #delete: RowStatement;
  readonly #deleteSomeOf: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, changes: ChangeTable, clock: () => number) {
    this.#changes = changes;
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
    this.#delete = prepare(db, 'DELETE FROM tasks WHERE task_id = ?');
    this.#deleteSomeOf = prepare(
      db,
      'DELETE FROM tasks WHERE task_id IN (SELECT task_id FROM tasks WHERE user_id = ? LIMIT ?)',
    );
  }

  insert(task: NewTask, actor: string): Inserted<Task> | typeof NoSuchUser {
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
    if (changes === 0) return NoSuchUser;
    const item = insertedTask(Number(lastInsertRowid), task);
    return { item, replayed: false, sequence: this.#changes.insert(taskCreated(item), actor) };
  }

  get(taskId: number): Task | undefined {
    const row = this.#select.get(taskId);
    return row === undefined ? undefined : toTask(row);
  }

  update(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Task | typeof NoSuchUser | typeof VersionMismatch | undefined {
    const task = this.#getToChange(taskId, options);
    if (task === undefined || task === VersionMismatch) return task;
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
    this.#changes.insert(taskUpdated(task, changed), options.actor);
    return changed;
  }

  delete(taskId: number, options: TaskChangeOptions): boolean | typeof VersionMismatch {
    const task = this.#getToChange(taskId, options);
    if (task === undefined) return false;
    if (task === VersionMismatch) return task;
    this.#delete.run(taskId);
    this.#changes.insert(taskDeleted(task), options.actor);
    return true;
  }

  /** Deletes some of a deleted user's tasks. False when there was none. */
  deleteSomeOf(userId: number, count: number): boolean {
    return this.#deleteSomeOf.run(userId, count).changes > 0;
  }

  #getToChange(taskId: number, { ownerId, versions }: TaskChangeOptions): Task | typeof VersionMismatch | undefined {
    const task = this.get(taskId);
    if (task === undefined || (ownerId !== undefined && task.userId !== ownerId)) return undefined;
    return versions?.includes(task.version) === false ? VersionMismatch : task;
  }
}
