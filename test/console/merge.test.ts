import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedFields, changesToSend, mergeFields, type Side, sideOf } from '../../console/src/formats/merge.ts';
import { clientApp } from '../support/client.ts';
import fc from '../support/fast-check.ts';

const FIELDS = ['title', 'description', 'due', 'list'];

test('changes of different fields are merged, and those of the same field need a choice', () => {
  const base = { title: 'a', description: 'b', due: '1', list: [1, 2] };
  const merged = mergeFields(
    FIELDS,
    base,
    { title: 'mine', due: '2' },
    { ...base, title: 'theirs', description: null },
  );
  assert.deepEqual(merged, [
    { field: 'title', base: 'a', mine: 'mine', theirs: 'theirs', changed: 'conflict' },
    { field: 'description', base: 'b', mine: 'b', theirs: null, changed: 'theirs' },
    { field: 'due', base: '1', mine: '2', theirs: '1', changed: 'mine' },
  ]);
  assert.equal(changesToSend(merged, {}), undefined);
  assert.deepEqual(changesToSend(merged, { title: 'mine' }), { title: 'mine', due: '2' });
  assert.deepEqual(changesToSend(merged, { title: 'theirs' }), { due: '2' });
  assert.deepEqual(changesToSend(merged, { title: 'theirs', due: 'theirs', description: 'mine' }), {
    description: 'b',
  });
});

const value = fc.constantFrom(null, undefined, 'a', 'b', 1, [1], [1, 2]);
const record = fc.record({ title: value, description: value, due: value, list: value });
const sides = fc.constantFrom<Side>('mine', 'theirs');
const choices = fc.dictionary(fc.constantFrom(...FIELDS), sides);

test('the changes lead from the current version to the result that is shown', () => {
  fc.assert(
    fc.property(record, record, record, choices, (base, mine, theirs, chosen) => {
      const merged = mergeFields(FIELDS, base, mine, theirs);
      const changes = changesToSend(merged, chosen);
      const open = merged.filter((field) => sideOf(field, chosen) === undefined);
      assert.equal(changes === undefined, open.length > 0);
      if (changes === undefined) return;
      const after: Record<string, unknown> = { ...theirs, ...changes };
      for (const field of merged) {
        const expected = sideOf(field, chosen) === 'mine' ? field.mine : field.theirs;
        assert.deepEqual(after[field.field] ?? null, expected);
      }
      // Without a change of the others, it is what was edited.
      const alone = changesToSend(mergeFields(FIELDS, base, mine, base), {});
      assert.deepEqual(alone, changedFields(FIELDS, base, mine));
    }),
    { numRuns: 1000 },
  );
});

test('a rejected edit of a task is merged and stored', async (t) => {
  const { api } = await clientApp(t);
  const { userId } = await api.users.create({ firstName: 'A', lastName: 'B', contactEmail: 'a@example.com' });
  const { taskId } = await api.tasks.create({
    userId,
    taskTitle: 'One',
    dueDate: '2030-01-01T00:00:00Z',
    warningOffset: 0,
  });
  const base = await api.tasks.get(taskId).withResponse();
  await api.tasks.update(taskId, { taskTitle: 'Theirs', taskDescription: 'New' });
  const mine = { taskTitle: 'Mine', warningOffset: 5 };
  await assert.rejects(api.tasks.update(taskId, mine, { ifMatch: base.etag }), { code: 'PRECONDITION_FAILED' });
  const theirs = await api.tasks.get(taskId).withResponse();
  const fields = ['taskTitle', 'taskDescription', 'warningOffset'];
  const merged = mergeFields(fields, { ...base.data }, mine, { ...theirs.data });
  assert.deepEqual(
    merged.map(({ changed }) => changed),
    ['conflict', 'theirs', 'mine'],
  );
  const changes = changesToSend(merged, { taskTitle: 'theirs' });
  const { taskTitle, taskDescription, warningOffset } = await api.tasks.update(taskId, changes ?? {}, {
    ifMatch: theirs.etag,
  });
  assert.deepEqual([taskTitle, taskDescription, warningOffset], ['Theirs', 'New', 5]);
});
