import { SERVICE, VersionMismatch } from '../../domain/outcomes.ts';
import { changePlan, planReminder, reminderLimits } from '../../domain/reminder-schedule.ts';
import type { NewTask, Reminded, Task, TaskChangeOptions, TaskChanges } from '../../domain/tasks.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { taskDeleted, taskUpdated, taskValues } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import {
  changeTask,
  insertedTask,
  PLANNED_TASK_COLUMNS,
  TASK_COLUMNS,
  toPlannedTask,
  toTask,
} from '../sql/task-rows.ts';
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { isForeignKeyViolation } from './errors.ts';

/** Tasks of users who do not exist are left out; those who do are kept from being deleted meanwhile. */
const INSERT = `
  WITH input AS MATERIALIZED (
    SELECT nextval('tasks_task_id_seq') AS task_id, input.*
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::integer[], $9::text[],
        $10::text[], $11::bigint[]) WITH ORDINALITY
      AS input (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, actor,
        values_after_id, remind_at, place)
  ), owner AS (
    SELECT user_id FROM users WHERE user_id IN (SELECT user_id FROM input) ORDER BY user_id FOR KEY SHARE
  ), inserted AS (
    INSERT INTO tasks
      (task_id, user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at,
        remind_at)
      SELECT task_id, user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, $8,
        remind_at
      FROM input JOIN owner USING (user_id)
      RETURNING task_id
  ), logged AS (
    INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
      SELECT $8, 'task.created', actor, user_id, task_id, '{"taskId":' || task_id || ',' || values_after_id
      FROM inserted JOIN input USING (task_id)
      RETURNING sequence, task_id
  )
  SELECT place::integer, task_id, sequence FROM logged JOIN input USING (task_id)`;

/** A task to insert, and who does. */
export interface TaskInput {
  task: NewTask;
  actor: string;
}

/** Inserts tasks, or tells for each that its owner does not exist. */
export async function insertTasks(
  db: Queryable,
  inputs: readonly TaskInput[],
  now: number,
): Promise<(Inserted<Task> | typeof NoSuchUser)[]> {
  const column = (name: keyof NewTask) => inputs.map(({ task }) => task[name]);
  const rows = await db.query({
    name: 'insert_tasks',
    text: INSERT,
    values: [
      column('userId'),
      column('taskTitle'),
      column('taskDescription'),
      column('taskStatus'),
      column('dueDate'),
      // pg makes text of a bigint only where it is a parameter by itself.
      column('dueAt').map(String),
      column('warningOffset'),
      now,
      inputs.map(({ actor }) => actor),
      // The id, which the database gives, comes first.
      inputs.map(({ task }) => taskValues(insertedTask(0, task)).replace('{"taskId":0,', '')),
      inputs.map(({ task }) => planReminder(task, now)?.toString() ?? null),
    ],
  });
  const outcomes: (Inserted<Task> | typeof NoSuchUser)[] = inputs.map(() => NoSuchUser);
  for (const [place, taskId, sequence] of rows as [number, number, number][]) {
    const item = insertedTask(taskId, (inputs[place - 1] as TaskInput).task);
    outcomes[place - 1] = { item, replayed: false, sequence };
  }
  return outcomes;
}

export async function selectTask(db: Database, taskId: number): Promise<Task | undefined> {
  const text = `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = $1`;
  const [row] = await db.query({ name: 'select_task', text, values: [taskId] });
  return row === undefined ? undefined : toTask(row);
}

export async function updateTask(
  db: Database,
  taskId: number,
  changes: TaskChanges,
  options: TaskChangeOptions,
  now: number,
): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined> {
  try {
    return await db.transaction(async (client) => {
      const found = await lockTask(client, taskId, options);
      if (found === undefined || found === VersionMismatch) return found;
      const { task } = found;
      const changed = changeTask(task, changes);
      if (changed === task) return task;
      const { userId, taskTitle, taskDescription = null, taskStatus, dueDate, warningOffset, version } = changed;
      const { dueAt = found.dueAt } = changes;
      const plan = changePlan(task, changed, { before: found.dueAt, after: dueAt }, now);
      await client.query({
        text: `UPDATE tasks SET user_id = $2, task_title = $3, task_description = $4, task_status = $5, due_date = $6,
               due_at = $7, warning_offset = $8, version = $9, updated_at = $10,
               remind_at = CASE WHEN $11 THEN $12 ELSE remind_at END
               WHERE task_id = $1`,
        values: [
          taskId,
          userId,
          taskTitle,
          taskDescription,
          taskStatus,
          dueDate,
          dueAt,
          warningOffset,
          version,
          now,
          plan.replanned,
          plan.remindAt,
        ],
      });
      await insertChange(client, taskUpdated(task, changed), options.actor, now);
      return changed;
    });
  } catch (error) {
    if (isForeignKeyViolation(error)) return NoSuchUser;
    throw error;
  }
}

/** False when there is no such task. */
export function deleteTask(
  db: Database,
  taskId: number,
  options: TaskChangeOptions,
  now: number,
): Promise<boolean | typeof VersionMismatch> {
  return db.transaction(async (client) => {
    const found = await lockTask(client, taskId, options);
    if (found === undefined) return false;
    if (found === VersionMismatch) return found;
    await client.query({ name: 'delete_task', text: 'DELETE FROM tasks WHERE task_id = $1', values: [taskId] });
    await insertChange(client, taskDeleted(found.task), options.actor, now);
    return true;
  });
}

/**
 * The tasks to remind of up to an instant, $1, the earliest first, $2 at most, but for those that others have at hand. What
 * they are taken by is an array, because of any number the planner believes that it is small: of a join it may believe
 * that all tasks had better be read. The entries are inserted afterwards: see the migration of the change log.
 */
export const REMIND = `
  WITH due AS MATERIALIZED (
    SELECT task_id, remind_at, remind_at <= $3 AS late, remind_at <= $4 AS dropped
      FROM tasks WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE tasks SET remind_at = NULL WHERE task_id = ANY (ARRAY(SELECT task_id FROM due))
      RETURNING task_id, user_id, task_title, task_description, task_status, due_date, warning_offset
  ), logged AS (
    INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
      SELECT $5, 'task.reminder', $6, user_id, task_id, json_strip_nulls(json_build_object(
        'taskId', task_id, 'userId', user_id, 'taskTitle', task_title, 'taskDescription', task_description,
        'taskStatus', task_status, 'dueDate', due_date, 'warningOffset', warning_offset,
        'late', CASE WHEN late THEN true END))
      FROM taken JOIN due USING (task_id) WHERE NOT dropped ORDER BY due.remind_at, task_id
  )
  SELECT count(*) FILTER (WHERE NOT dropped), count(*) FILTER (WHERE late AND NOT dropped),
    count(*) FILTER (WHERE dropped), count(*) FROM due`;

/** Reminds of some of the tasks whose time has come. */
export async function remind(db: Database, count: number, now: number): Promise<Reminded> {
  const { present, late, dropped } = reminderLimits(now);
  const values = [present, count, late, dropped, now, SERVICE];
  const [row] = await db.query({ name: 'remind', text: REMIND, values });
  const [reminded, wereLate, wereDropped, taken] = row as [number, number, number, number];
  return { reminded, late: wereLate, dropped: wereDropped, more: taken === count };
}

async function lockTask(
  client: Queryable,
  taskId: number,
  { ownerId, versions }: TaskChangeOptions,
): Promise<{ task: Task; dueAt: bigint } | typeof VersionMismatch | undefined> {
  const text = `SELECT ${PLANNED_TASK_COLUMNS} FROM tasks WHERE task_id = $1 FOR UPDATE`;
  const [row] = await client.query({ name: 'lock_task', text, values: [taskId] });
  if (row === undefined) return undefined;
  const found = toPlannedTask(row);
  if (ownerId !== undefined && found.task.userId !== ownerId) return undefined;
  return versions?.includes(found.task.version) === false ? VersionMismatch : found;
}
