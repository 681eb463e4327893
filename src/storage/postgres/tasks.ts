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
import { BatchSlots } from '../sql/batch-slots.ts';
import {
  restoreItem,
  TASK_VALUES_BEFORE_ID,
  taskDeleted,
  taskReminder,
  taskUpdated,
  taskValuesAfterId,
} from '../sql/change-rows.ts';
import { columnList, columnValues } from '../sql/columns.ts';
import type { Inserted } from '../sql/inserted.ts';
import type { ListTable } from '../sql/list-sql.ts';
import { TASK_SEARCH, taskWords } from '../sql/search-words.ts';
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
import { BATCH_OPTIONS, type BatchedRepositoryDependencies, Batches } from './batches.ts';
import { insertChange, insertChanges } from './changes.ts';
import { arrayParameters, assignments, columnArrays } from './column-arrays.ts';
import { createBatch, MAX_BATCHES } from './created-batches.ts';
import type { Database, Queryable } from './database.ts';
import { isForeignKeyViolation } from './errors.ts';
import { insertIdempotently, type WithIdempotencyKey } from './idempotency-keys.ts';
import type { Lists } from './lists.ts';
import { deleteWords, foundBy, replaceWords, toVector } from './search.ts';
import { deleteTasks, updateTasks } from './task-batches.ts';
import { deleteVersioned, updateVersioned } from './versioned.ts';

const NEW_COLUMNS = columnList(NEW_TASK_FIELDS);

/**
 * Skips tasks of users who do not exist; locks those who do against deletion. Ids and entries of the change log are in the
 * order of the input.
 */
const INSERT = `
  WITH input AS MATERIALIZED (
    SELECT nextval('tasks_task_id_seq') AS task_id, input.*
      FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], ${arrayParameters(NEW_TASK_FIELDS, 7)}) WITH ORDINALITY
      AS input (actor, traceparent, values_after_id, remind_at, words, ${NEW_COLUMNS}, ordinal)
  ), owner AS (
    SELECT user_id FROM users WHERE user_id IN (SELECT user_id FROM input) ORDER BY user_id FOR KEY SHARE
  ), inserted AS (
    INSERT INTO tasks (task_id, ${NEW_COLUMNS}, updated_at, remind_at)
      SELECT task_id, ${NEW_COLUMNS}, $1, remind_at FROM input JOIN owner USING (user_id)
      RETURNING task_id
  ), found AS (
    INSERT INTO task_search (task_id, words) SELECT task_id, ${toVector('words')} FROM inserted JOIN input USING (task_id)
  ), logged AS (
    INSERT INTO changes (at, type, actor, traceparent, user_id, task_id, new_values)
      SELECT $1, 'task.created', actor, traceparent, user_id, task_id, '${TASK_VALUES_BEFORE_ID}' || task_id || values_after_id
      FROM inserted JOIN input USING (task_id) ORDER BY ordinal
      RETURNING sequence, task_id
  )
  SELECT ordinal::integer, task_id, sequence FROM logged JOIN input USING (task_id)`;

/** Parameters: the id, the time, the version, whether the reminder changes, the reminder, and the columns. */
const UPDATE = `UPDATE tasks SET ${assignments(NEW_TASK_FIELDS, 6)}, updated_at = $2, version = $3,
  remind_at = CASE WHEN $4 THEN $5 ELSE remind_at END WHERE task_id = $1`;

/**
 * Clears at most $2 reminders that are due at $1, earliest first, except those that another process has locked. The ids
 * are an array, because the planner assumes that an array is short: for a join it may read all tasks.
 */
export const CLEAR_DUE_REMINDERS = `
  WITH due AS MATERIALIZED (
    SELECT task_id, remind_at FROM tasks WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), cleared AS (
    UPDATE tasks SET remind_at = NULL WHERE task_id = ANY (ARRAY(SELECT task_id FROM due)) RETURNING ${TASK_COLUMNS}
  )
  SELECT ${TASK_COLUMNS}, remind_at FROM cleared JOIN due USING (task_id) ORDER BY remind_at, task_id`;

/** The maximum number of reminders that are recorded in one transaction. */
const REMINDERS_PER_BATCH = 500;

/** A task to insert, and who does it. */
export interface TaskInput {
  task: NewTask;
  origin: ActorOptions;
}

/** The list of tasks. */
export const TASKS: ListTable<TaskRowFilter, TaskSortField> = {
  ...TASK_LIST,
  filters: { ...TASK_LIST.filters, search: foundBy(TASK_SEARCH) },
  visible: 'true',
};

export class PostgresTaskRepository implements TaskRepository {
  readonly #db: Database;
  readonly #lists: Lists;
  readonly #clock: () => number;
  readonly #slots = new BatchSlots(MAX_BATCHES);
  readonly #inserts: Batches<TaskInput, Inserted<Task> | typeof NoSuchUser>;
  /** Separate from the others, because a request may have to wait for another one with the same idempotency key. */
  readonly #idempotentInserts: Batches<
    WithIdempotencyKey<TaskInput>,
    Created<Task> | typeof NoSuchUser | typeof KeyReused
  >;

  constructor(db: Database, { lists, clock, commits }: BatchedRepositoryDependencies) {
    this.#db = db;
    this.#lists = lists;
    this.#clock = clock;
    const batchOptions = { ...BATCH_OPTIONS, commits };
    const insert = (client: Queryable, inputs: TaskInput[]) => insertTasks(client, inputs, clock());
    const writing: Queryable = { query: (statement) => db.write(statement) };
    this.#inserts = new Batches((inputs) => insert(writing, inputs), batchOptions);
    this.#idempotentInserts = new Batches(
      (inputs) => insertIdempotently(db, inputs, clock(), insert, (_, change) => restoreItem<Task>(change)),
      batchOptions,
    );
  }

  create(
    task: NewTask,
    { idempotencyKey, ...origin }: CreateOptions,
  ): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused> {
    const input = { task, origin };
    return idempotencyKey === undefined
      ? this.#inserts.add(input)
      : this.#idempotentInserts.add({ input, idempotencyKey });
  }

  createBatch(tasks: readonly NewTask[], options: CreateBatchOptions): Promise<CreatedBatch<Task> | typeof KeyReused> {
    const now = this.#clock();
    const inputs = tasks.map((task) => ({ task, origin: options }));
    return this.#slots.run(() =>
      createBatch<Task>(this.#db, options, now, (client) => insertTasks(client, inputs, now)),
    );
  }

  async get(taskId: number): Promise<Task | undefined> {
    const text = `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = $1`;
    const [row] = await this.#db.query({ name: 'select_task', text, values: [taskId] });
    return row === undefined ? undefined : toTask(row);
  }

  list(query: TaskQuery): Promise<Page<Task>> {
    return this.#lists.read(TASKS, toTask, toTaskRowQuery(query));
  }

  stream(query: TaskQuery, signal: AbortSignal): ListStream {
    return this.#lists.stream('tasks', TASKS, toTaskRowQuery(query), signal);
  }

  async update(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined> {
    const now = this.#clock();
    try {
      return await this.#db.transaction(async (client) => {
        const found = await lockTask(client, taskId, options);
        return updateVersioned(found?.task, options, {
          change: (task) => changeTask(task, changes),
          write: async (changed, task) => {
            const before = found?.dueAt as bigint;
            const { dueAt = before } = changes;
            const plan = changePlan(task, changed, { before, after: dueAt }, now);
            await client.query({
              text: UPDATE,
              values: [
                ...[taskId, now, changed.version, plan.replanned, plan.remindAt],
                ...columnValues(NEW_TASK_FIELDS, { ...changed, dueAt }),
              ],
            });
            await replaceWords(client, TASK_SEARCH, [
              { id: taskId, before: taskWords(task), after: taskWords(changed) },
            ]);
          },
          log: (before, after) => insertChange(client, taskUpdated(before, after), options, now),
        });
      });
    } catch (error) {
      if (isForeignKeyViolation(error)) return NoSuchUser;
      throw error;
    }
  }

  updateBatch(updates: readonly TaskUpdate[], options: TaskBatchOptions): Promise<ItemOutcome<Task>[]> {
    const now = this.#clock();
    return this.#slots.run(() => this.#db.transaction((client) => updateTasks(client, updates, options, now)));
  }

  delete(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#db.transaction(async (client) => {
      const found = await lockTask(client, taskId, options);
      return deleteVersioned(found?.task, options, async (task) => {
        await client.query({ name: 'delete_task', text: 'DELETE FROM tasks WHERE task_id = $1', values: [taskId] });
        await deleteWords(client, TASK_SEARCH, [taskId]);
        await insertChange(client, taskDeleted(task), options, this.#clock());
      });
    });
  }

  deleteBatch(taskIds: readonly number[], options: TaskBatchOptions): Promise<ItemOutcome<DeletedTask>[]> {
    const now = this.#clock();
    return this.#slots.run(() => this.#db.transaction((client) => deleteTasks(client, taskIds, options, now)));
  }

  recordReminders(): Promise<ReminderBatch> {
    const now = this.#clock();
    const limits = reminderLimits(now);
    return this.#db.transaction(async (client) => {
      const values = [limits.present, REMINDERS_PER_BATCH];
      const rows = await client.query({ name: 'clear_due_reminders', text: CLEAR_DUE_REMINDERS, values });
      const due = rows.map((row) => ({ task: toTask(row), remindAt: row.at(-1) as number }));
      const kept = due.filter(({ remindAt }) => remindAt > limits.dropped);
      const isLate = (remindAt: number) => remindAt <= limits.late;
      const entries = kept.map(({ task, remindAt }) => taskReminder(task, isLate(remindAt)));
      // Last, so that the transaction holds the lock on the change log only briefly.
      await insertChanges(client, entries, { actor: SERVICE }, now);
      return {
        reminded: kept.length,
        late: kept.filter(({ remindAt }) => isLate(remindAt)).length,
        dropped: due.length - kept.length,
        more: due.length === REMINDERS_PER_BATCH,
      };
    });
  }

  /** Fulfilled when no write is queued or in flight. */
  async idle(): Promise<void> {
    await Promise.all([this.#slots.idle(), this.#inserts.idle(), this.#idempotentInserts.idle()]);
  }
}

/** Inserts tasks. The outcome of one whose owner does not exist is NoSuchUser. */
async function insertTasks(
  db: Queryable,
  inputs: readonly TaskInput[],
  now: number,
): Promise<(Inserted<Task> | typeof NoSuchUser)[]> {
  const tasks = inputs.map(({ task }) => task);
  const rows = await db.query({
    name: 'insert_tasks',
    text: INSERT,
    values: [
      now,
      inputs.map(({ origin }) => origin.actor),
      inputs.map(({ origin }) => origin.traceparent),
      tasks.map((task) => taskValuesAfterId(insertedTask(0, task))),
      tasks.map((task) => planReminder(task, now)?.toString() ?? null),
      tasks.map(taskWords),
      ...columnArrays(NEW_TASK_FIELDS, tasks),
    ],
  });
  const outcomes: (Inserted<Task> | typeof NoSuchUser)[] = inputs.map(() => NoSuchUser);
  for (const [ordinal, taskId, sequence] of rows as [number, number, number][]) {
    const item = insertedTask(taskId, (inputs[ordinal - 1] as TaskInput).task);
    outcomes[ordinal - 1] = { item, replayed: false, sequence };
  }
  return outcomes;
}

/** The task, locked against other changes until the transaction ends; undefined if it is not the owner's. */
async function lockTask(
  client: Queryable,
  taskId: number,
  { ownerId }: TaskChangeOptions,
): Promise<{ task: Task; dueAt: bigint } | undefined> {
  const text = `SELECT ${PLANNED_TASK_COLUMNS} FROM tasks WHERE task_id = $1 FOR UPDATE`;
  const [row] = await client.query({ name: 'lock_task', text, values: [taskId] });
  if (row === undefined) return undefined;
  const found = toPlannedTask(row);
  return ownerId === undefined || found.task.userId === ownerId ? found : undefined;
}
