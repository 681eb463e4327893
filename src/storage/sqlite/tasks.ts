import type { CreateBatchOptions, CreatedBatch, ItemOutcome } from '../../domain/batches.ts';
import type { ListStream, Page } from '../../domain/lists.ts';
import {
  type ActorOptions,
  type Created,
  type CreateOptions,
  type KeyReused,
  SERVICE,
  type VersionMismatch,
} from '../../domain/outcomes.ts';
import { changePlan, planReminder, reminderLimits } from '../../domain/reminder-schedule.ts';
import type {
  DeletedTask,
  NewTask,
  ReminderBatch,
  Task,
  TaskBatchOptions,
  TaskChangeOptions,
  TaskChanges,
  TaskQuery,
  TaskRepository,
  TaskSortField,
  TaskUpdate,
} from '../../domain/tasks.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { restoreItem, taskCreated, taskDeleted, taskReminder, taskUpdated } from '../sql/change-rows.ts';
import { changedColumns, columnList, columnValues } from '../sql/columns.ts';
import type { Inserted } from '../sql/inserted.ts';
import { storedWords, TASK_SEARCH, taskWords } from '../sql/search-words.ts';
import {
  changeTask,
  insertedTask,
  NEW_TASK_FIELDS,
  PLANNED_TASK_COLUMNS,
  TASK_COLUMNS,
  TASK_LIST,
  type TaskRowFilter,
  toPlannedTask,
  toTask,
  toTaskRowQuery,
} from '../sql/task-rows.ts';
import type { Batches } from './batch-requests.ts';
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { ListReader } from './lists.ts';
import type { List } from './page-reader.ts';
import { parameters, prepare, type RowStatement, UpdateStatements } from './rows.ts';
import { foundBy } from './search.ts';
import { SearchIndex } from './search-index.ts';
import type { Connection, Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';
import { deleteVersioned, updateVersioned } from './versioned.ts';
import { TASK_VISIBLE } from './visibility.ts';

/**
 * Reminders that are due, earliest first, including those of soft-deleted users, so that they are cleared once instead of
 * skipped every time. Parameters: up to when a reminder is late, dropped and due; the maximum number.
 */
export const SELECT_DUE_REMINDERS = `SELECT ${TASK_COLUMNS}, remind_at <= ?, remind_at <= ?, ${TASK_VISIBLE}
  FROM tasks WHERE remind_at <= ? ORDER BY remind_at LIMIT ?`;

/** Whether any reminder is due. */
export const SELECT_ANY_DUE_REMINDER = 'SELECT 1 FROM tasks WHERE remind_at <= ? LIMIT 1';

/** The maximum number of reminders that are recorded in one transaction. */
const REMINDERS_PER_BATCH = 50;

/** The indexes of an owner's tasks with a status. */
const BY_STATUS = 'tasks_by_user_and_status';
const BY_DUE_DATE = 'tasks_by_user_status_and_due';

/** The list of tasks. */
export const TASKS: List<Task, TaskRowFilter, TaskSortField> = {
  table: {
    ...TASK_LIST,
    filters: { ...TASK_LIST.filters, search: foundBy(TASK_SEARCH) },
    visible: TASK_VISIBLE,
    // The index for each status serves all statuses, too, so there is no index of an owner's due dates: every creation would
    // write it. PostgreSQL has one, because it would take longer to plan the merge than to read the page.
    merged: { ...TASK_LIST.merged, lists: { ...TASK_LIST.merged.lists, userId: ['dueDate'] } },
    // SQLite would filter the index that contains all columns; after a cursor position, all users' tasks of a due date.
    hints: {
      userId: { taskStatus: BY_STATUS, dueDate: BY_DUE_DATE },
      'userId taskStatus': { taskId: BY_STATUS, userId: BY_STATUS, taskStatus: BY_STATUS, dueDate: BY_DUE_DATE },
      'userId taskStatuses': { taskId: BY_STATUS, userId: BY_STATUS, dueDate: BY_DUE_DATE },
    },
  },
  toItem: toTask,
  updateIndex: 'tasks_by_update',
};

/** The rows of tasks. Call what writes in a transaction. */
export class TaskRows {
  readonly #changes: ChangeRows;
  readonly #clock: () => number;
  readonly #words: SearchIndex;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectPlanned: RowStatement;
  readonly #selectOwner: RowStatement;
  readonly #update: UpdateStatements;
  readonly #delete: RowStatement;
  readonly #selectSome: RowStatement;
  readonly #selectAnyDueReminder: RowStatement;
  readonly #selectDueReminders: RowStatement;
  readonly #clearReminder: RowStatement;

  constructor({ db, clock }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#clock = clock;
    this.#words = new SearchIndex(db, TASK_SEARCH);
    // INSERT … SELECT would have a savepoint: see UpdateStatements.
    this.#insert = prepare(
      db,
      `INSERT INTO tasks (${columnList(NEW_TASK_FIELDS)}, updated_at, remind_at)
       VALUES (${parameters(NEW_TASK_FIELDS)}, ?, ?)`,
    );
    this.#select = prepare(db, `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`);
    this.#selectPlanned = prepare(
      db,
      `SELECT ${PLANNED_TASK_COLUMNS} FROM tasks WHERE task_id = ? AND ${TASK_VISIBLE}`,
    );
    this.#selectOwner = prepare(db, 'SELECT 1 FROM users WHERE user_id = ? AND deleted = 0');
    this.#update = new UpdateStatements(db, 'tasks', 'task_id');
    this.#delete = prepare(db, 'DELETE FROM tasks WHERE task_id = ?');
    this.#selectSome = prepare(db, 'SELECT task_id, task_title, task_description FROM tasks WHERE user_id = ? LIMIT ?');
    this.#selectAnyDueReminder = prepare(db, SELECT_ANY_DUE_REMINDER);
    this.#selectDueReminders = prepare(db, SELECT_DUE_REMINDERS);
    this.#clearReminder = prepare(db, 'UPDATE tasks SET remind_at = NULL WHERE task_id = ?');
  }

  /** @param words those of the task, if they are known already. */
  insert(task: NewTask, options: ActorOptions, words = taskWords(task)): Inserted<Task> | typeof NoSuchUser {
    if (this.#selectOwner.get(task.userId) === undefined) return NoSuchUser;
    const now = this.#clock();
    const { lastInsertRowid } = this.#insert.run(
      ...columnValues(NEW_TASK_FIELDS, task),
      ...[now, planReminder(task, now)],
    );
    const item = insertedTask(Number(lastInsertRowid), task);
    this.#words.add(item.taskId, words);
    return { item, replayed: false, sequence: this.#changes.insert(taskCreated(item), options) };
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
    const found = this.#findOwned(taskId, options);
    return updateVersioned<Task, typeof NoSuchUser>(found?.task, options, {
      change: (task) => changeTask(task, changes),
      write: (changed, task) => {
        const { userId, version } = changed;
        if (userId !== task.userId && this.#selectOwner.get(userId) === undefined) return NoSuchUser;
        const now = this.#clock();
        const before = found?.dueAt as bigint;
        const { dueAt = before } = changes;
        const plan = changePlan(task, changed, { before, after: dueAt }, now);
        const columns = changedColumns(NEW_TASK_FIELDS, { ...task, dueAt: before }, { ...changed, dueAt });
        if (plan.replanned) columns.remind_at = plan.remindAt;
        this.#update.run(taskId, { ...columns, version, updated_at: now });
        this.#words.replace(taskId, taskWords(task), taskWords(changed));
        return undefined;
      },
      log: (before, after) => this.#changes.insert(taskUpdated(before, after), options),
    });
  }

  delete(taskId: number, options: TaskChangeOptions): boolean | typeof VersionMismatch {
    return deleteVersioned(this.#findOwned(taskId, options)?.task, options, (task) => {
      this.#delete.run(taskId);
      this.#words.remove(taskId, taskWords(task));
      this.#changes.insert(taskDeleted(task), options);
    });
  }

  /** Purges some tasks of a user who is deleted. False if there was none. */
  purgeSome(userId: number, count: number): boolean {
    const tasks = this.#selectSome.all(userId, count) as [number, string, string | null][];
    for (const [taskId, ...texts] of tasks) {
      this.#delete.run(taskId);
      this.#words.remove(taskId, storedWords(...texts));
    }
    return tasks.length > 0;
  }

  /** Whether any reminder is due. */
  isReminderDue(): boolean {
    return this.#selectAnyDueReminder.get(reminderLimits(this.#clock()).present) !== undefined;
  }

  /** Records reminders that are due, except those of soft-deleted users. */
  recordReminders(count: number): ReminderBatch {
    const { present, late, dropped } = reminderLimits(this.#clock());
    const rows = this.#selectDueReminders.all(late, dropped, present, count);
    const reminded = { reminded: 0, late: 0, dropped: 0, more: rows.length === count };
    for (const row of rows) {
      const task = toTask(row);
      const [isLate, isDropped, isVisible] = row.slice(-3).map(Boolean);
      this.#clearReminder.run(task.taskId);
      if (!isVisible) continue;
      if (isDropped) {
        reminded.dropped++;
        continue;
      }
      this.#changes.insert(taskReminder(task, isLate === true), { actor: SERVICE });
      reminded.reminded++;
      if (isLate) reminded.late++;
    }
    return reminded;
  }

  #findOwned(taskId: number, { ownerId }: TaskChangeOptions): { task: Task; dueAt: bigint } | undefined {
    const row = this.#selectPlanned.get(taskId);
    if (row === undefined) return undefined;
    const found = toPlannedTask(row);
    return ownerId === undefined || found.task.userId === ownerId ? found : undefined;
  }
}

const NO_REMINDERS: ReminderBatch = { reminded: 0, late: 0, dropped: 0, more: false };

export interface SqliteTaskRepositoryDependencies {
  taskRows: OnBoth<TaskRows>;
  lists: ListReader;
  keys: IdempotencyKeyRows;
  batches: Batches;
}

export class SqliteTaskRepository implements TaskRepository {
  readonly #session: Session;
  readonly #dependencies: SqliteTaskRepositoryDependencies;

  constructor(session: Session, dependencies: SqliteTaskRepositoryDependencies) {
    this.#session = session;
    this.#dependencies = dependencies;
  }

  create(task: NewTask, options: CreateOptions): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused> {
    const { taskRows, keys } = this.#dependencies;
    const insert = () => taskRows.writing.insert(task, options);
    return this.#session.write(() => keys.insertIdempotently(options.idempotencyKey, insert, restoreItem<Task>));
  }

  createBatch(tasks: readonly NewTask[], options: CreateBatchOptions): Promise<CreatedBatch<Task> | typeof KeyReused> {
    return this.#dependencies.batches.create<Task>({ kind: 'createTasks', tasks, options });
  }

  get(taskId: number): Promise<Task | undefined> {
    return this.#session.read(this.#dependencies.taskRows, (rows) => rows.get(taskId));
  }

  list(query: TaskQuery): Promise<Page<Task>> {
    return this.#dependencies.lists.read(TASKS, toTaskRowQuery(query));
  }

  stream(query: TaskQuery, signal: AbortSignal): ListStream {
    return this.#dependencies.lists.stream('tasks', TASKS, toTaskRowQuery(query), signal);
  }

  update(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined> {
    return this.#session.write(() => this.#dependencies.taskRows.writing.update(taskId, changes, options));
  }

  updateBatch(updates: readonly TaskUpdate[], options: TaskBatchOptions): Promise<ItemOutcome<Task>[]> {
    return this.#dependencies.batches.change<Task>({ kind: 'updateTasks', updates, options });
  }

  delete(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#session.write(() => this.#dependencies.taskRows.writing.delete(taskId, options));
  }

  deleteBatch(taskIds: readonly number[], options: TaskBatchOptions): Promise<ItemOutcome<DeletedTask>[]> {
    return this.#dependencies.batches.change<DeletedTask>({ kind: 'deleteTasks', taskIds, options });
  }

  async recordReminders(): Promise<ReminderBatch> {
    // Polled often, and usually nothing is due: then nothing is written.
    if (!(await this.#session.read(this.#dependencies.taskRows, (rows) => rows.isReminderDue()))) return NO_REMINDERS;
    return this.#session.write(() => this.#dependencies.taskRows.writing.recordReminders(REMINDERS_PER_BATCH));
  }
}
