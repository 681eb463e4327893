import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReplanned, type Planned, planReminder } from '../../src/domain/reminder-schedule.ts';
import { TASK_STATUSES } from '../../src/domain/tasks.ts';
import fc from '../support/fast-check.ts';

const MINUTE = 60_000_000n;
const CLOSED = ['COMPLETED', 'CANCELLED'];

/** Any task at any time, with many that are due near it. */
const now = fc.integer({ min: 0, max: 4_000_000_000_000 });
const around = fc.tuple(now, fc.bigInt(-70_000n * MINUTE, 70_000n * MINUTE));
const anyTask = fc.record({
  userId: fc.integer({ min: 1, max: 3 }),
  taskStatus: fc.constantFrom(...TASK_STATUSES),
  warningOffset: fc.integer({ min: 0, max: 64_000 }),
  dueAt: fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n),
});

test('a task is reminded of the offset before it is due or at once, while it is open and not due yet', () => {
  fc.assert(
    fc.property(anyTask, around, fc.boolean(), (task, [present, distance], isNear) => {
      const planned: Planned = isNear ? { ...task, dueAt: BigInt(present) * 1000n + distance } : task;
      const at = BigInt(present) * 1000n;
      const remindAt = planReminder(planned, present);
      const isPlanned = !CLOSED.includes(planned.taskStatus) && planned.dueAt > at;
      assert.equal(remindAt !== null, isPlanned);
      if (remindAt === null) return;
      assert.ok(remindAt >= at && remindAt <= planned.dueAt);
      const moment = planned.dueAt - BigInt(planned.warningOffset) * MINUTE;
      assert.ok(remindAt === moment || (moment < at && remindAt === at));
    }),
    { numRuns: 10_000 },
  );
});

test('planned in steps or at once, it is the same as long as its time is ahead', () => {
  fc.assert(
    fc.property(anyTask, around, (task, [present, distance]) => {
      const planned = { ...task, dueAt: BigInt(present) * 1000n + distance };
      const remindAt = planReminder(planned, present);
      if (remindAt === null || remindAt <= BigInt(present + 1) * 1000n) return;
      assert.equal(planReminder(planned, present + 1), remindAt);
    }),
    { numRuns: 10_000 },
  );
});

test('a new due date, offset or owner makes a new plan, and so does a status that opens or closes', () => {
  fc.assert(
    fc.property(anyTask, anyTask, fc.nat(3), (task, other, which) => {
      const names = ['userId', 'warningOffset', 'dueAt', 'taskStatus'] as const;
      const name = names[which] as (typeof names)[number];
      const after: Planned = { ...task, [name]: other[name] };
      const differs =
        name === 'taskStatus'
          ? CLOSED.includes(after.taskStatus) !== CLOSED.includes(task.taskStatus)
          : after[name] !== task[name];
      assert.equal(isReplanned(task, after), differs);
    }),
  );
});
