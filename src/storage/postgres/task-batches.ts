import { type ItemOutcome, isRejected, notStored } from '../../domain/batches.ts';
import { changePlan, type PlanChange } from '../../domain/reminder-schedule.ts';
import type { DeletedTask, Task, TaskBatchOptions, TaskUpdate } from '../../domain/tasks.ts';
import { taskDeleted, taskUpdated } from '../sql/change-rows.ts';
import { columnList, columnNames } from '../sql/columns.ts';
import { TASK_SEARCH, taskWords } from '../sql/search-words.ts';
import { changeTask, NEW_TASK_FIELDS, PLANNED_TASK_COLUMNS, toPlannedTask } from '../sql/task-rows.ts';
import { insertChanges } from './changes.ts';
import { arrayParameters, columnArrays } from './column-arrays.ts';
import type { Queryable } from './database.ts';
import { deleteWords, replaceWords } from './search.ts';

/** Parameters: the time; arrays of ids, versions, whether the reminder changes, and reminders; and those of the columns. */
const UPDATE = `
  UPDATE tasks SET ${columnNames(NEW_TASK_FIELDS)
    .map((name) => `${name} = input.${name}`)
    .join(', ')},
    updated_at = $1, version = input.version,
    remind_at = CASE WHEN input.replanned THEN input.remind_at ELSE tasks.remind_at END
  FROM unnest($2::bigint[], $3::bigint[], $4::boolean[], $5::bigint[], ${arrayParameters(NEW_TASK_FIELDS, 6)})
    AS input (task_id, version, replanned, remind_at, ${columnList(NEW_TASK_FIELDS)})
  WHERE tasks.task_id = input.task_id`;

interface LockedTask {
  task: Task;
  dueAt: bigint;
}

interface ChangedTask extends LockedTask {
  after: Task;
  newDueAt: bigint;
  plan: PlanChange;
}

/** Updates the tasks of a batch. Call it in a transaction. */
export async function updateTasks(
  client: Queryable,
  updates: readonly TaskUpdate[],
  options: TaskBatchOptions,
  now: number,
): Promise<ItemOutcome<Task>[]> {
  const found = await lockTasks(
    client,
    updates.map(({ taskId }) => taskId),
    options,
  );
  const users = await lockUsers(
    client,
    updates.flatMap(({ changes }) => changes.userId ?? []),
  );
  const changed: ChangedTask[] = [];
  const outcomes = updates.map(({ taskId, changes, versions }): ItemOutcome<Task> => {
    const current = found.get(taskId);
    if (current === undefined) return 'NotFound';
    const { task, dueAt } = current;
    if (versions?.includes(task.version) === false) return 'VersionMismatch';
    const after = changeTask(task, changes);
    if (after === task) return task;
    if (after.userId !== task.userId && !users.has(after.userId)) return 'NoSuchUser';
    const { dueAt: newDueAt = dueAt } = changes;
    changed.push({
      ...current,
      after,
      newDueAt,
      plan: changePlan(task, after, { before: dueAt, after: newDueAt }, now),
    });
    return after;
  });
  if (!options.lenient && outcomes.some(isRejected)) return notStored(outcomes);
  if (changed.length === 0) return outcomes;
  await client.query({
    text: UPDATE,
    values: [
      now,
      changed.map(({ after }) => after.taskId),
      changed.map(({ after }) => after.version),
      changed.map(({ plan }) => plan.replanned),
      changed.map(({ plan }) => plan.remindAt?.toString() ?? null),
      ...columnArrays(
        NEW_TASK_FIELDS,
        changed.map(({ after, newDueAt }) => ({ taskDescription: null, ...after, dueAt: newDueAt })),
      ),
    ],
  });
  const words = changed.map(({ task, after }) => ({
    id: task.taskId,
    before: taskWords(task),
    after: taskWords(after),
  }));
  await replaceWords(client, TASK_SEARCH, words);
  const entries = changed.map(({ task, after }) => taskUpdated(task, after));
  // Last, so that the transaction holds the lock on the change log only briefly.
  await insertChanges(client, entries, options, now);
  return outcomes;
}

/** Deletes the tasks of a batch. Call it in a transaction. */
export async function deleteTasks(
  client: Queryable,
  taskIds: readonly number[],
  options: TaskBatchOptions,
  now: number,
): Promise<ItemOutcome<DeletedTask>[]> {
  const found = await lockTasks(client, taskIds, options);
  const outcomes = taskIds.map((taskId): ItemOutcome<DeletedTask> => (found.has(taskId) ? { taskId } : 'NotFound'));
  if (!options.lenient && outcomes.some(isRejected)) return notStored(outcomes);
  const deleted = outcomes.flatMap((outcome) => (isRejected(outcome) ? [] : outcome.taskId));
  const text = 'DELETE FROM tasks WHERE task_id = ANY($1::bigint[])';
  await client.query({ name: 'delete_tasks', text, values: [deleted] });
  await deleteWords(client, TASK_SEARCH, deleted);
  const entries = deleted.map((taskId) => taskDeleted((found.get(taskId) as LockedTask).task));
  await insertChanges(client, entries, options, now);
  return outcomes;
}

/** The owner's tasks of these, locked against other changes until the transaction ends. Sorted, to avoid deadlocks. */
async function lockTasks(
  client: Queryable,
  taskIds: readonly number[],
  { ownerId }: TaskBatchOptions,
): Promise<Map<number, LockedTask>> {
  const text = `SELECT ${PLANNED_TASK_COLUMNS} FROM tasks WHERE task_id = ANY($1::bigint[]) ORDER BY task_id FOR UPDATE`;
  const rows = await client.query({ name: 'lock_tasks', text, values: [taskIds] });
  const found = rows.map(toPlannedTask).filter(({ task }) => ownerId === undefined || task.userId === ownerId);
  return new Map(found.map((locked) => [locked.task.taskId, locked]));
}

/** Those of these users that exist, locked against deletion until the transaction ends. */
async function lockUsers(client: Queryable, userIds: readonly number[]): Promise<Set<number>> {
  if (userIds.length === 0) return new Set();
  const text = 'SELECT user_id FROM users WHERE user_id = ANY($1::bigint[]) ORDER BY user_id FOR KEY SHARE';
  const rows = await client.query({ name: 'lock_users', text, values: [userIds] });
  return new Set(rows.map(([userId]) => userId as number));
}
