import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnList, columnValues, integer, rowDecoder, text } from '../../../src/storage/sql/columns.ts';
import { toUser, USER_FIELDS } from '../../../src/storage/sql/user-rows.ts';

interface Item {
  itemId: number;
  note?: string;
  label: string | null;
}

const COLUMNS = { itemId: integer('item_id'), note: { ...text('note'), omitNull: true }, label: text('label') };

test('a row decodes to an item, without the optional fields that are NULL', () => {
  const decode = rowDecoder<Item>(COLUMNS);
  assert.equal(columnList(COLUMNS), 'item_id, note, label');
  assert.deepEqual(decode([1, 'a', 'b', 'column of another table']), { itemId: 1, note: 'a', label: 'b' });
  assert.deepEqual(decode([1, null, null]), { itemId: 1, label: null });
});

test('the values of an item are in the order of the columns, null for missing fields', () => {
  assert.deepEqual(columnValues(COLUMNS, { label: 'b', itemId: 1 }), [1, null, 'b']);
});

test('toUser reads the columns in the order of USER_FIELDS', () => {
  const fields = Object.entries(USER_FIELDS).map(([field, { name }]) => [field, name] as const);
  assert.deepEqual(toUser(fields.map(([, name]) => name)), Object.fromEntries(fields));
});
