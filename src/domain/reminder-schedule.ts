import type { NewTask, Task, TaskStatus } from './tasks.ts';

/** After how long a reminder counts as late. */
const LATE_AFTER_MS = 60_000;
/** After how long a reminder is dropped. */
const DROPPED_AFTER_MS = 24 * 60 * 60 * 1000;

const MINUTE_US = 60_000_000n;

/** The fields that determine when a task's reminder is due. `dueAt` is in microseconds since the epoch. */
export type Planned = Pick<NewTask, 'userId' | 'taskStatus' | 'dueAt' | 'warningOffset'>;

const OPEN: ReadonlySet<TaskStatus> = new Set<TaskStatus>(['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED']);

/**
 * When the reminder of a task that is scheduled now is due: the warning offset before the due date, or now if that has
 * passed. Null if the task is closed or its due date has passed.
 *
 * @param now in milliseconds since the epoch.
 * @returns microseconds since the epoch.
 */
export function planReminder(
  { taskStatus, dueAt, warningOffset }: Omit<Planned, 'userId'>,
  now: number,
): bigint | null {
  const nowUs = BigInt(now) * 1000n;
  if (!OPEN.has(taskStatus) || dueAt <= nowUs) return null;
  const remindAt = dueAt - BigInt(warningOffset) * MINUTE_US;
  return remindAt < nowUs ? nowUs : remindAt;
}

/**
 * Whether a change reschedules the reminder. A change from one open status to another does not: a user who was reminded
 * and then starts the work is not reminded again.
 */
export function isReplanned(before: Planned, after: Planned): boolean {
  return (
    before.dueAt !== after.dueAt ||
    before.warningOffset !== after.warningOffset ||
    before.userId !== after.userId ||
    OPEN.has(before.taskStatus) !== OPEN.has(after.taskStatus)
  );
}

/** How an update changes the reminder of a task. `remindAt` is written only if `replanned`. */
export interface PlanChange {
  replanned: boolean;
  remindAt: bigint | null;
}

/** How an update changes the reminder of a task. `dueAt` is in microseconds, `now` in milliseconds since the epoch. */
export function changePlan(
  before: Task,
  after: Task,
  dueAt: { before: bigint; after: bigint },
  now: number,
): PlanChange {
  const planned = { ...after, dueAt: dueAt.after };
  const replanned = isReplanned({ ...before, dueAt: dueAt.before }, planned);
  return { replanned, remindAt: replanned ? planReminder(planned, now) : null };
}

/** Up to which time a reminder is due, late, and dropped, in microseconds since the epoch. */
export function reminderLimits(now: number): { present: bigint; late: bigint; dropped: bigint } {
  const microseconds = (milliseconds: number) => BigInt(milliseconds) * 1000n;
  return {
    present: microseconds(now),
    late: microseconds(now - LATE_AFTER_MS),
    dropped: microseconds(now - DROPPED_AFTER_MS),
  };
}
