import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayName, dayNames, weekOf } from '../../console/src/formats/periods.ts';
import { filtersOfView, toFilters } from '../../console/src/tasks/list-query.ts';
import { readTaskSearch, TASK_STATUSES, type TaskSearch, writeTaskSearch } from '../../console/src/tasks/search.ts';
import { clientApp } from '../support/client.ts';
import fc from '../support/fast-check.ts';

/** A Thursday. */
const BERLIN = { now: Date.parse('2026-11-26T09:20:30Z'), timeZone: 'Europe/Berlin' };

test('the URL of the tasks keeps what the page shows', () => {
  const search = fc.record<TaskSearch>({
    view: fc.constantFrom('all', 'today', 'week', 'overdue'),
    layout: fc.constantFrom('table', 'board'),
    owner: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
    status: fc.subarray([...TASK_STATUSES]),
    due: fc.constantFrom(undefined, 'overdue', 'today', '2030-01-31'),
    words: fc.string(),
    sort: fc.constantFrom('dueDate', '-dueDate', 'taskTitle'),
    task: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(search, (shown) => {
      const entries = Object.entries(writeTaskSearch(shown)).filter(([, value]) => value !== undefined);
      const url = new URLSearchParams(entries as [string, string][]).toString();
      const words = shown.words.toWellFormed();
      assert.deepEqual(readTaskSearch(Object.fromEntries(new URLSearchParams(url))), { ...shown, words });
    }),
  );
});

test('what is invalid in the URL of the tasks is ignored', () => {
  const parameters = {
    view: 'x',
    layout: 'y',
    owner: '-1',
    status: 'DONE,BLOCKED',
    due: 'never',
    sort: 'name',
    task: '1e3',
  };
  assert.deepEqual(readTaskSearch(parameters), {
    ...{ view: 'all', layout: 'table', owner: undefined, status: ['BLOCKED'], due: undefined },
    ...{ words: '', sort: 'dueDate', task: undefined },
  });
});

test('views and filters of tasks are filters of the API, in the time zone of the reader', async (t) => {
  const { api } = await clientApp(t);
  const filters = (parameters: Record<string, string>) => toFilters(readTaskSearch(parameters), BERLIN);
  const open = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED'];
  const today = { dueAfter: '2026-11-26T00:00:00+01:00', dueBefore: '2026-11-27T00:00:00+01:00' };
  const tomorrow = { dueAfter: '2026-11-27T00:00:00+01:00', dueBefore: '2026-11-28T00:00:00+01:00' };
  assert.deepEqual(filters({}), {});
  assert.deepEqual(filters({ view: 'today' }), { taskStatus: open, ...today });
  assert.deepEqual(filters({ view: 'week', status: 'COMPLETED', due: 'tomorrow' }), {
    taskStatus: ['COMPLETED'],
    ...tomorrow,
  });
  assert.deepEqual(filters({ view: 'overdue', owner: '7', q: ' a b ' }), { overdue: true, userId: 7, search: 'a b' });
  // Such a period has no tasks.
  const never = { dueAfter: '2030-01-31T00:00:00+01:00', dueBefore: today.dueBefore };
  assert.deepEqual(filters({ view: 'today', due: '2030-01-31' }), { taskStatus: open, ...never });
  assert.deepEqual(filtersOfView('overdue', BERLIN), { overdue: true });
  for (const due of ['overdue', 'today', 'tomorrow', 'week', 'month', '2030-01-31']) {
    assert.deepEqual((await api.tasks.listPage({ ...filters({ due }), sort: 'dueDate' })).items, []);
  }
});

test('days are those of the time zone, also when clocks change', () => {
  const week = weekOf(Date.parse('2026-10-25T22:30:00Z'), 'Europe/Berlin');
  assert.deepEqual(week, { from: '2026-10-19T00:00:00+02:00', to: '2026-10-26T00:00:00+01:00' });
  assert.deepEqual(dayNames(week, 'Europe/Berlin').slice(-2), ['2026-10-24', '2026-10-25']);
  assert.equal(dayName(Date.parse('2026-10-25T23:30:00Z'), 'Europe/Berlin'), '2026-10-26');
});
