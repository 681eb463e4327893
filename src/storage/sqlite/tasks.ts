import type { DatabaseSync } from 'node:sqlite';
import { SERVICE, VersionMismatch } from '../../domain/outcomes.ts';
import { changePlan, planReminder, reminderLimits } from '../../domain/reminder-schedule.ts';
import type { NewTask, Reminded, Task, TaskChangeOptions, TaskChanges } from '../../domain/tasks.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { taskCreated, taskDeleted, taskReminder, taskUpdated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import {
  changeTask,
  insertedTask,
  PLANNED_TASK_COLUMNS,
  TASK_COLUMNS,
  toPlannedTask,
  toTask,
} from '../sql/task-rows.ts';
import type { ChangeTable } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';
import { isDeletedUser } from './users.ts';

export const TASK_VISIBLE = `NOT ${isDeletedUser('tasks.user_id')}`;

/**
 * The tasks that are to be reminded of up to an instant, the earliest first, also those of deleted users: they are done
 * with as the others are, so that none is passed over again and again. Parameters: up to when one is late, and dropped;
 * the instant; how many.
 */
export const SELECT_TO_REMIND = `SELECT ${TASK_COLUMNS}, remind_at <= ?, remind_at <= ?, ${TASK_VISIBLE}
  FROM tasks WHERE remind_at <= ? ORDER BY remind_at LIMIT ?`;

/** Whether there are any up to an instant. */
export const SELECT_ANY_TO_REMIND = 'SELECT 1 FROM tasks WHERE remind_at <= ? LIMIT 1';

/** The tasks. Whatever writes must be called inside a transaction. */
export class TaskTable {
  readonly #changes: ChangeTable;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectPlanned: RowStatement;
  readonly #selectOwner: RowStatement;
  readonly #update: RowStatement;
  readonly #delete: RowStatement;
  readonly #deleteSomeOf: RowStatement;
  readonly #selectAnyToRemind: RowStatement;
  readonly #selectToRemind: RowStatement;
  readonly #endPlan: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, changes: ChangeTable, clock: () => number) {
    this.#changes = changes;
    this.#clock = clock;
    // No row where there is no such user, or only one that is deleted.
    this.#insert = prepare(
      db,
      `INSERT INTO tasks
         (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at, remind_at)
       SELECT user_id, ?, ?, ?, ?, ?, ?, ?, ? FROM users WHERE user_id = ? AND deleted = 0`,
    );
    this.#select = prepare(db, `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`);
    this.#selectPlanned = prepare(
      db,
      `SELECT ${PLANNED_TASK_COLUMNS} FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`,
    );
    this.#selectOwner = prepare(db, 'SELECT 1 FROM users WHERE user_id = ? AND deleted = 0');
    this.#update = prepare(
      db,
      `UPDATE tasks SET user_id = ?, task_title = ?, task_description = ?, task_status = ?, due_date = ?,
       due_at = ?, warning_offset = ?, version = ?, updated_at = ?, remind_at = CASE WHEN ? THEN ? ELSE remind_at END
       WHERE task_id = ?`,
    );
    this.#delete = prepare(db, 'DELETE FROM tasks WHERE task_id = ?');
    this.#deleteSomeOf = prepare(
      db,
      'DELETE FROM tasks WHERE task_id IN (SELECT task_id FROM tasks WHERE user_id = ? LIMIT ?)',
    );
    this.#selectAnyToRemind = prepare(db, SELECT_ANY_TO_REMIND);
    this.#selectToRemind = prepare(db, SELECT_TO_REMIND);
    this.#endPlan = prepare(db, 'UPDATE tasks SET remind_at = NULL WHERE task_id = ?');
  }

  insert(task: NewTask, actor: string): Inserted<Task> | typeof NoSuchUser {
    const { userId, taskTitle, taskDescription, taskStatus, dueDate, dueAt, warningOffset } = task;
    const now = this.#clock();
    const { changes, lastInsertRowid } = this.#insert.run(
      taskTitle,
      taskDescription,
      taskStatus,
      dueDate,
      dueAt,
      warningOffset,
      now,
      planReminder(task, now),
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
    const found = this.#getToChange(taskId, options);
    if (found === undefined || found === VersionMismatch) return found;
    const { task } = found;
    const changed = changeTask(task, changes);
    if (changed === task) return task;
    const { userId, taskTitle, taskDescription = null, taskStatus, dueDate, warningOffset, version } = changed;
    if (userId !== task.userId && this.#selectOwner.get(userId) === undefined) return NoSuchUser;
    const now = this.#clock();
    const { dueAt = found.dueAt } = changes;
    const plan = changePlan(task, changed, { before: found.dueAt, after: dueAt }, now);
    this.#update.run(
      userId,
      taskTitle,
      taskDescription,
      taskStatus,
      dueDate,
      dueAt,
      warningOffset,
      version,
      now,
      Number(plan.replanned),
      plan.remindAt,
      taskId,
    );
    this.#changes.insert(taskUpdated(task, changed), options.actor);
    return changed;
  }

  delete(taskId: number, options: TaskChangeOptions): boolean | typeof VersionMismatch {
    const found = this.#getToChange(taskId, options);
    if (found === undefined) return false;
    if (found === VersionMismatch) return found;
    this.#delete.run(taskId);
    this.#changes.insert(taskDeleted(found.task), options.actor);
    return true;
  }

  /** Deletes some of a deleted user's tasks. False when there was none. */
  deleteSomeOf(userId: number, count: number): boolean {
    return this.#deleteSomeOf.run(userId, count).changes > 0;
  }

  /** Whether any task's time has come. */
  isReminderDue(): boolean {
    return this.#selectAnyToRemind.get(reminderLimits(this.#clock()).present) !== undefined;
  }

  /** Reminds of some of the tasks whose time has come. Those of deleted users are none of anybody's. */
  remind(count: number): Reminded {
    const { present, late, dropped } = reminderLimits(this.#clock());
    const rows = this.#selectToRemind.all(late, dropped, present, count);
    const reminded = { reminded: 0, late: 0, dropped: 0, more: rows.length === count };
    for (const row of rows) {
      const task = toTask(row);
      const [isLate, isDropped, isVisible] = row.slice(-3).map(Boolean);
      this.#endPlan.run(task.taskId);
      if (!isVisible) continue;
      if (isDropped) {
        reminded.dropped++;
        continue;
      }
      this.#changes.insert(taskReminder(task, isLate === true), SERVICE);
      reminded.reminded++;
      if (isLate) reminded.late++;
    }
    return reminded;
  }

  #getToChange(
    taskId: number,
    { ownerId, versions }: TaskChangeOptions,
  ): { task: Task; dueAt: bigint } | typeof VersionMismatch | undefined {
    const row = this.#selectPlanned.get(taskId);
    if (row === undefined) return undefined;
    const found = toPlannedTask(row);
    if (ownerId !== undefined && found.task.userId !== ownerId) return undefined;
    return versions?.includes(found.task.version) === false ? VersionMismatch : found;
  }
}
