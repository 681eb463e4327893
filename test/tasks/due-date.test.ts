import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

testOnBothDatabases('a due date without seconds is returned with seconds', async (t) => {
  const { post, patch, request } = await testApp(t);
  await post('/users', JOHN);
  const create = () =>
    request({
      method: 'POST',
      url: '/tasks',
      payload: { ...REPORT, dueDate: '2026-06-01T14:00+02:00' },
      headers: { 'idempotency-key': 'once' },
    });
  const before = '2026-06-01T14:00:00+02:00';
  const after = '2026-06-02T14:00:00Z';
  assert.equal((await create()).json().dueDate, before);
  assert.equal((await create()).json().dueDate, before, 'when the first response is repeated');
  assert.equal((await patch('/tasks/1', { dueDate: '2026-06-02T14:00' })).json().dueDate, after);
  const same = await patch('/tasks/1', { dueDate: '2026-06-02T14:00Z' });
  assert.deepEqual([same.json().dueDate, same.headers.etag], [after, '"2"'], 'no change');
  assert.equal((await request({ url: '/tasks/1' })).json().dueDate, after);
  assert.equal((await request({ url: '/tasks' })).json().tasks[0].dueDate, after);
  const { events } = (await request({ url: '/events?_after=2' })).json();
  const dates = events.map(({ data }: { data: { dueDate: string } }) => data.dueDate);
  assert.deepEqual(dates.slice(-2), [before, after]);
  const { history } = (await request({ url: '/tasks/1/history' })).json();
  assert.equal(history[0].after.dueDate, before);
  assert.deepEqual([history[1].before, history[1].after], [{ dueDate: before }, { dueDate: after }]);
});

testOnBothDatabases('due dates stored without seconds by an earlier version are returned with seconds', async (t) => {
  const { post, patch, request, sql } = await testApp(t);
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  await patch('/tasks/1', { dueDate: '2026-06-02T12:00:00+02:00' });
  await sql(`UPDATE tasks SET due_date = replace(due_date, ':00:00', ':00')`);
  await sql(`UPDATE changes SET old_values = replace(old_values, ':00:00', ':00'),
    new_values = replace(new_values, ':00:00', ':00')`);

  const shown = (await request({ url: '/tasks/1' })).json();
  assert.equal(shown.dueDate, '2026-06-02T12:00:00+02:00');
  assert.deepEqual((await request({ url: '/tasks' })).json(), { tasks: [shown] });
  const { events } = (await request({ url: '/events' })).json();
  assert.deepEqual(events.at(-1).data, shown);
  const { history } = (await request({ url: '/tasks/1/history' })).json();
  assert.deepEqual(history[1].before, { dueDate: '2026-06-01T12:00:00Z' });
  assert.deepEqual(history[1].after, { dueDate: '2026-06-02T12:00:00+02:00' });
  const same = await patch('/tasks/1', shown);
  assert.deepEqual([same.json(), same.headers.etag], [shown, '"2"'], 'what was read changes nothing');
  const changed = await patch('/tasks/1', { warningOffset: 1 });
  assert.deepEqual(changed.json(), { ...shown, warningOffset: 1 });
  const { history: longer } = (await request({ url: '/tasks/1/history' })).json();
  assert.deepEqual(longer[2].before, { warningOffset: REPORT.warningOffset }, 'the date did not change');
});
