import type { DatabaseSync } from 'node:sqlite';
import type { ListTable } from '../list-sql.ts';
import {
  type NewTask,
  NoSuchUser,
  type Task,
  type TaskChanges,
  type TaskFilter,
  type TaskSortField,
  type TaskStatus,
} from '../store.ts';
import { prepare, type Row, type RowStatement } from './rows.ts';

const COLUMNS = 'task_id, user_id, task_title, task_description, task_status, due_date, warning_offset, version';

/** Its owner may be deleted and the task not yet purged. */
const VISIBLE = 'NOT EXISTS (SELECT 1 FROM users WHERE users.user_id = tasks.user_id AND users.deleted = 1)';

const FIELDS = ['userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'] as const;

export const TASK_LIST: ListTable<TaskFilter, TaskSortField> = {
  name: 'tasks',
  columns: COLUMNS,
  visible: VISIBLE,
  filters: { userId: 'user_id = ?', taskStatus: 'task_status = ?', updatedSince: 'updated_at >= ?' },
  sortColumns: {
    taskId: 'task_id',
    userId: 'user_id',
    taskTitle: 'task_title',
    taskStatus: 'task_status',
    dueDate: 'due_at',
    warningOffset: 'warning_offset',
  },
};

export function toTask(row: Row): Task {
  const [taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, version] = row as [
    number,
    number,
    string,
    string | null,
    TaskStatus,
    string,
    number,
    number,
  ];
  const description = taskDescription === null ? undefined : { taskDescription };
  return { taskId, userId, taskTitle, ...description, taskStatus, dueDate, warningOffset, version };
}

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
    this.#select = prepare(db, `SELECT ${COLUMNS} FROM tasks WHERE task_id = ? AND ${VISIBLE}`);
    this.#selectOwner = prepare(db, 'SELECT 1 FROM users WHERE user_id = ? AND deleted = 0');
    this.#update = prepare(
      db,
      `UPDATE tasks SET user_id = ?, task_title = ?, task_description = ?, task_status = ?, due_date = ?,
       due_at = coalesce(?, due_at), warning_offset = ?, version = version + 1, updated_at = ? WHERE task_id = ?`,
    );
    this.#delete = prepare(db, `DELETE FROM tasks WHERE task_id = ? AND ${VISIBLE}`);
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
    if (changes === 0) return NoSuchUser;
    const taskId = Number(lastInsertRowid);
    return toTask([taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, 1]);
  }

  get(taskId: number): Task | undefined {
    const row = this.#select.get(taskId);
    return row === undefined ? undefined : toTask(row);
  }

  update(taskId: number, { dueAt, ...changes }: TaskChanges): Task | typeof NoSuchUser | undefined {
    const task = this.get(taskId);
    if (task === undefined) return undefined;
    const before = { taskDescription: null, ...task };
    const after = { ...before, ...changes };
    const { userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = after;
    if (userId !== before.userId && this.#selectOwner.get(userId) === undefined) return NoSuchUser;
    if (FIELDS.every((field) => after[field] === before[field])) return task;
    this.#update.run(
      userId,
      taskTitle,
      taskDescription,
      taskStatus,
      dueDate,
      dueAt ?? null,
      warningOffset,
      this.#clock(),
      taskId,
    );
    const version = task.version + 1;
    return toTask([taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, version]);
  }

  delete(taskId: number): boolean {
    return this.#delete.run(taskId).changes === 1;
  }
}
