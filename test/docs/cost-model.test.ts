import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costFigures, planFor } from '../../bench/cost-model.ts';
import { Results } from '../../bench/results.ts';

/** A request costs 100 µs of the service and 200 µs of PostgreSQL; a write 2,000 bytes of the log, and ten times that with whole pages; a task 1,000 bytes on disk. */
const RESULTS = new Results(
  'RESULTS-cost.md',
  `# R

## CPU a request, µs

| | service, 100,000 | PostgreSQL, 100,000 | service, 1,000,000 | PostgreSQL, 1,000,000 |
|---|---|---|---|---|
| a user | 100 | 100 | 100 | 200 |
| a task | 100 | 100 | 100 | 200 |
| the tasks of a user | 100 | 100 | 100 | 200 |
| a new task | 100 | 100 | 100 | 200 |
| a change of a task | 100 | 100 | 100 | 200 |

## Write-ahead log a request, bytes

| | 100,000 | 1,000,000 |
|---|---|---|
| a new task | 2000 | 20000 |
| a change of a task | 2000 | 20000 |

## Disk

| | MB |
|---|---|
| 100,000 tasks | 100 |
| 1,000,000 tasks | 1000 |

## Mixes

| | CPU of the service, µs | sum of its parts | CPU of PostgreSQL, µs | sum of its parts |
|---|---|---|---|---|
| mostly reads, 1,000,000 tasks | 200 | 100 | 160 | 200 |

`,
);

test('the model of cost follows from the measured constants', () => {
  const plan = planFor(36e6, RESULTS);
  // 10,000 requests a second on average, 30,000 at the peak; cores are half busy then.
  assert.equal(plan.peakRate, 30_000);
  assert.ok(Math.abs(plan.serviceCores - 6) < 1e-9);
  assert.equal(plan.serviceMachines, 2);
  // A quarter of the requests are lists.
  assert.ok(Math.abs(plan.primaryCores - 9) < 1e-9);
  assert.ok(Math.abs(plan.listCores - 3) < 1e-9);
  // A quarter are writes, and 15 % new tasks.
  assert.ok(Math.abs(plan.logBytes - 15e6) < 1e-3);
  assert.ok(Math.abs(plan.mostLogBytes - 150e6) < 1e-2);
  assert.ok(Math.abs(plan.dayBytes - 129.6e9) < 1);
  assert.equal(plan.primaries, 1);
});

test('the writes are shared by as many primaries as their logs and cores need', () => {
  assert.equal(planFor(360e6, RESULTS).primaries, 3);
  assert.equal(planFor(3_600e6, RESULTS).primaries, 29);
});

test('the tables extrapolate each cost, and compare the model with what was measured', () => {
  const figures = new Map(costFigures(RESULTS));
  assert.match(
    figures.get('cost-constants') ?? '',
    /^\| a task \| 100 \+ 100 \| 100 \+ 200 \| 100 \+ 400 \| 100 \+ 800 \|$/m,
  );
  assert.match(
    figures.get('cost-check') ?? '',
    /^\| mostly reads, 1,000,000 tasks, service \| 100 \| 200 \| 0.50 \|$/m,
  );
  assert.match(
    figures.get('cost-check') ?? '',
    /^\| mostly reads, 1,000,000 tasks, PostgreSQL \| 200 \| 160 \| 1.25 \|$/m,
  );
});
