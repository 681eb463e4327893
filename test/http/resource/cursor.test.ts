import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SortValue } from '../../../src/domain/lists.ts';
import { decodeCursor, encodeCursor, type SortKind } from '../../../src/http/resource/cursor.ts';
import fc from '../../support/fast-check.ts';

const LIST = '["/tasks",["dueDate","taskId"],[]]';

/** The pattern that the parameter must match before it is decoded. */
const PARAMETER = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const value: fc.Arbitrary<[SortValue, SortKind]> = fc.oneof(
  fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0'))
    .map((text): [SortValue, SortKind] => [text, 'text']),
  fc.maxSafeInteger().map((number): [SortValue, SortKind] => [number, 'number']),
  fc
    .bigInt({ min: -62_135_683_140_000_000n, max: 253_402_387_139_999_999n })
    .map((instant): [SortValue, SortKind] => [instant, 'instant']),
);

const position = fc.array(value, { minLength: 1, maxLength: 6 }).map((pairs) => ({
  values: pairs.map(([one]) => one),
  kinds: pairs.map(([, kind]) => kind),
}));

const list = fc.oneof(fc.constant(LIST), fc.string({ unit: 'binary' }));

test('a cursor decodes to the values it was encoded from, and needs no URL escapes', () => {
  const property = fc.property(position, list, ({ values, kinds }, where) => {
    const cursor = encodeCursor(values, where);
    assert.match(cursor, PARAMETER);
    assert.deepEqual(decodeCursor(cursor, where, kinds), values);
  });
  fc.assert(property, { numRuns: 2000 });
});

test('a cursor with any character changed is invalid', () => {
  const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ é');
  const property = fc.property(position, fc.nat(), character, ({ values, kinds }, at, other) => {
    const cursor = encodeCursor(values, LIST);
    const index = at % cursor.length;
    fc.pre(cursor[index] !== other);
    const changed = `${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`;
    assert.equal(decodeCursor(changed, LIST, kinds), undefined, `${changed} for ${cursor}`);
  });
  fc.assert(property, { numRuns: 3000 });
});

test('a cursor whose last character differs in unused bits only is invalid', () => {
  for (const title of ['a', 'ab', 'abc']) {
    const cursor = encodeCursor([title], LIST);
    const dot = cursor.indexOf('.');
    for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const changed = `${cursor.slice(0, dot - 1)}${other}${cursor.slice(dot)}`;
      if (changed !== cursor)
        assert.equal(decodeCursor(changed, LIST, ['text']), undefined, `${changed} for ${cursor}`);
    }
  }
});

test('a cursor with anything added is invalid', () => {
  const cursor = encodeCursor(['a', 7], LIST);
  const dot = cursor.indexOf('.');
  for (const changed of [
    ...[`A${cursor}`, `.${cursor}`, ` ${cursor}`, `${cursor}A`, `${cursor}.`, `${cursor}.A`, `${cursor}\n`],
    ...[`${cursor.slice(0, dot)}=${cursor.slice(dot)}`, `${cursor.slice(0, dot)}.${cursor.slice(dot)}`],
    ...[cursor.slice(0, dot), cursor.slice(0, dot + 1), cursor.slice(dot), cursor.slice(1), cursor.slice(0, -1), ''],
  ]) {
    assert.equal(decodeCursor(changed, LIST, ['text', 'number']), undefined, changed);
  }
});

test('a cursor of another list is invalid', () => {
  const property = fc.property(position, list, list, ({ values, kinds }, one, other) => {
    fc.pre(one !== other);
    assert.equal(decodeCursor(encodeCursor(values, one), other, kinds), undefined);
  });
  fc.assert(property, { numRuns: 1000 });
});

test('a position with values of other types, or with more or fewer values, is invalid', () => {
  const kind = fc.constantFrom<SortKind>('text', 'number', 'instant');
  const property = fc.property(position, fc.array(kind, { maxLength: 6 }), ({ values, kinds }, others) => {
    // Digits are valid both as text and as an instant.
    fc.pre(
      others.length !== kinds.length || others.some((other, i) => (other === 'number') !== (kinds[i] === 'number')),
    );
    assert.equal(decodeCursor(encodeCursor(values, LIST), LIST, others), undefined);
  });
  fc.assert(property, { numRuns: 1000 });
});

test('a position with values that no database can hold is invalid', () => {
  const impossible: [unknown, SortKind][] = [
    ...(['\0', 'a\0b', '\ud800', 7, null, ['a']] as const).map((one): [unknown, SortKind] => [one, 'text']),
    ...([1.5, 2 ** 53, '7', null, true] as const).map((one): [unknown, SortKind] => [one, 'number']),
    ...(['', '1.5', '1e3', '0x1', '1234567890123456789', ' 1', 7, null] as const).map((one): [unknown, SortKind] => {
      return [one, 'instant'];
    }),
  ];
  for (const [one, kind] of impossible) {
    assert.equal(decodeCursor(encodeCursor([one as SortValue], LIST), LIST, [kind]), undefined, JSON.stringify(one));
  }
});

test('no input makes the parser throw', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
    fc.json().map((json) => `${Buffer.from(json).toString('base64url')}.x`),
  );
  const property = fc.property(text, (cursor) => {
    assert.equal(decodeCursor(cursor, LIST, ['text', 'number']), undefined);
  });
  fc.assert(property, { numRuns: 3000 });
});
