import type { NewTask, Task, TaskStatus } from './tasks.ts';

/** From how long after its moment on a reminder is late, and from how long after it on it is dropped, in milliseconds. */
const LATE_AFTER = 60_000;
const DROPPED_AFTER = 24 * 60 * 60 * 1000;

/** In microseconds. */
const MINUTE = 60_000_000n;

/** What decides when there is a reminder of a task. `dueAt` is in microseconds since the epoch. */
export type Planned = Pick<NewTask, 'userId' | 'taskStatus' | 'dueAt' | 'warningOffset'>;

const OPEN: ReadonlySet<TaskStatus> = new Set<TaskStatus>(['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED']);

/**
 * When a task that is planned now is to be reminded of, in microseconds since the epoch, or null for never: the warning
 * offset before it is due, and at once when that is past. Never when it is closed, or was due already.
 *
 * @param now in milliseconds since the epoch.
 */
export function planReminder(
  { taskStatus, dueAt, warningOffset }: Omit<Planned, 'userId'>,
  now: number,
): bigint | null {
  const present = BigInt(now) * 1000n;
  if (!OPEN.has(taskStatus) || dueAt <= present) return null;
  const moment = dueAt - BigInt(warningOffset) * MINUTE;
  return moment < present ? present : moment;
}

/**
 * Whether a change makes a new plan. From one open status to another the plan stays: whoever was reminded, and then begins
 * the work, is not to be reminded again.
 */
export function isReplanned(before: Planned, after: Planned): boolean {
  return (
    before.dueAt !== after.dueAt ||
    before.warningOffset !== after.warningOffset ||
    before.userId !== after.userId ||
    OPEN.has(before.taskStatus) !== OPEN.has(after.taskStatus)
  );
}

/** What of a task's plan an update writes: nothing, where `replanned` is false. */
export interface PlanChange {
  replanned: boolean;
  remindAt: bigint | null;
}

/** What an update of a task makes of its plan. */
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

/** Up to which moments what was to be reminded of has come, is late, and is dropped, in microseconds since the epoch. */
export function reminderLimits(now: number): { present: bigint; late: bigint; dropped: bigint } {
  const microseconds = (milliseconds: number) => BigInt(milliseconds) * 1000n;
  return {
    present: microseconds(now),
    late: microseconds(now - LATE_AFTER),
    dropped: microseconds(now - DROPPED_AFTER),
  };
}
