import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SORT_FIELDS_KEYWORD } from '../../../src/http/keywords.ts';
import { parseSort } from '../../../src/http/resource/list-parameters.ts';
import fc from '../../support/fast-check.ts';

const ID = 'taskId';
const FIELDS = [ID, 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'warningOffset'];

const key = fc.record({ field: fc.constantFrom(...FIELDS), descending: fc.boolean() }, { noNullPrototype: true });
const keys = fc.uniqueArray(key, { selector: ({ field }) => field, minLength: 1 });

const format = (sort: { field: string; descending: boolean }[]) =>
  sort.map(({ field, descending }) => `${descending ? '-' : ''}${field}`).join(',');

test('a list without a sort is ordered by id', () => {
  assert.deepEqual(parseSort(undefined, ID), [{ field: ID, descending: false }]);
});

test('ties are sorted by id, in the direction of the last field', () => {
  assert.deepEqual(parseSort('dueDate,-taskTitle', ID), [
    { field: 'dueDate', descending: false },
    { field: 'taskTitle', descending: true },
    { field: ID, descending: true },
  ]);
});

test('every order starts with the requested fields and ends with the id', () => {
  const property = fc.property(keys, (asked) => {
    const sort = parseSort(format(asked), ID);
    assert.deepEqual(sort.filter(({ field }) => field === ID).length, 1);
    assert.equal(sort.at(-1)?.field, ID);
    const end = asked.findIndex(({ field }) => field === ID);
    if (end === -1) {
      assert.deepEqual(sort.slice(0, -1), asked);
      assert.equal(sort.at(-1)?.descending, asked.at(-1)?.descending);
    } else {
      // Fields after the id have no effect.
      assert.deepEqual(sort, asked.slice(0, end + 1));
    }
  });
  fc.assert(property);
});

test('a parsed order formats to the same order', () => {
  const property = fc.property(keys, (asked) => {
    const sort = parseSort(format(asked), ID);
    assert.deepEqual(parseSort(format(sort), ID), sort);
  });
  fc.assert(property);
});

test('a sort that names a field twice is rejected, in any direction, also after the id', () => {
  const property = fc.property(keys, fc.nat(), fc.nat(), fc.boolean(), (asked, from, to, descending) => {
    const { field } = asked[from % asked.length] as { field: string };
    const twice = asked.toSpliced(to % (asked.length + 1), 0, { field, descending });
    const text = format(twice);
    assert.equal(SORT_FIELDS_KEYWORD.validate(FIELDS, format(asked)), true);
    assert.equal(SORT_FIELDS_KEYWORD.validate(FIELDS, text), false);
  });
  fc.assert(property);
});
