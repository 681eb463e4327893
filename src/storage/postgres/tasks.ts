import { type NewTask, NoSuchUser, type Task, type TaskChanges } from '../store.ts';
import { changeTask, insertedTask, TASK_COLUMNS, toTask } from '../task-rows.ts';
import type { Database } from './database.ts';
import { isForeignKeyViolation } from './errors.ts';

/** Tasks of users who do not exist are left out; those who do are kept from being deleted meanwhile. */
const INSERT = `
  WITH input AS MATERIALIZED (
    SELECT nextval('tasks_task_id_seq') AS task_id, input.*
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::integer[])
      WITH ORDINALITY
      AS input (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, place)
  ), owner AS (
    SELECT user_id FROM users WHERE user_id IN (SELECT user_id FROM input) ORDER BY user_id FOR KEY SHARE
  ), inserted AS (
    INSERT INTO tasks
      (task_id, user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at)
      SELECT task_id, user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, $8
      FROM input JOIN owner USING (user_id)
      RETURNING task_id
  )
  SELECT place::integer, task_id FROM inserted JOIN input USING (task_id)`;

/** Inserts tasks, or tells for each that its owner does not exist. */
export async function insertTasks(db: Database, tasks: NewTask[], now: number): Promise<(Task | typeof NoSuchUser)[]> {
  const column = (name: keyof NewTask) => tasks.map((task) => task[name]);
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
    ],
  });
  const outcomes: (Task | typeof NoSuchUser)[] = tasks.map(() => NoSuchUser);
  for (const [place, taskId] of rows as [number, number][]) {
    outcomes[place - 1] = insertedTask(taskId, tasks[place - 1] as NewTask);
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
  now: number,
): Promise<Task | typeof NoSuchUser | undefined> {
  try {
    return await db.transaction(async (client) => {
      const [row] = await client.query({
        text: `SELECT ${TASK_COLUMNS} FROM tasks WHERE task_id = $1 FOR UPDATE`,
        values: [taskId],
      });
      if (row === undefined) return undefined;
      const task = toTask(row);
      const changed = changeTask(task, changes);
      if (changed === task) return task;
      const { userId, taskTitle, taskDescription = null, taskStatus, dueDate, warningOffset, version } = changed;
      await client.query({
        text: `UPDATE tasks SET user_id = $2, task_title = $3, task_description = $4, task_status = $5, due_date = $6,
               due_at = coalesce($7, due_at), warning_offset = $8, version = $9, updated_at = $10
               WHERE task_id = $1`,
        values: [
          taskId,
          userId,
          taskTitle,
          taskDescription,
          taskStatus,
          dueDate,
          changes.dueAt ?? null,
          warningOffset,
          version,
          now,
        ],
      });
      return changed;
    });
  } catch (error) {
    if (isForeignKeyViolation(error)) return NoSuchUser;
    throw error;
  }
}

/** False when there is no such task. */
export async function deleteTask(db: Database, taskId: number): Promise<boolean> {
  const text = 'DELETE FROM tasks WHERE task_id = $1 RETURNING 1';
  return (await db.query({ name: 'delete_task', text, values: [taskId] })).length === 1;
}
