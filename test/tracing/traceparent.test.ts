import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceparent, traceIdOf, traceparentFrom } from '../../src/tracing/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

test('a valid traceparent is kept; of its flags, only "sampled" is', () => {
  for (const [flags, kept] of [
    ['00', '00'],
    ['01', '01'],
    ['03', '01'],
    ['fe', '00'],
    ['ff', '01'],
  ] as const) {
    assert.equal(parseTraceparent(`00-${TRACE}-${PARENT}-${flags}`), `00-${TRACE}-${PARENT}-${kept}`, flags);
  }
});

test('a traceparent of a later version is read as version 00, and may have more fields', () => {
  const expected = `00-${TRACE}-${PARENT}-01`;
  assert.equal(parseTraceparent(`01-${TRACE}-${PARENT}-01`), expected);
  assert.equal(parseTraceparent(`cc-${TRACE}-${PARENT}-01-what.the.future=brings`), expected);
});

test('an invalid traceparent is rejected', () => {
  for (const header of [
    ...['', '00', `00-${TRACE}`, `00-${TRACE}-${PARENT}`, `00-${TRACE}-${PARENT}-`, `00-${TRACE}-${PARENT}-1`],
    ...[`00-${TRACE}-${PARENT}-01-`, `00-${TRACE}-${PARENT}-01-more`, `cc-${TRACE}-${PARENT}-01.more`],
    ...[`ff-${TRACE}-${PARENT}-01`, `0-${TRACE}-${PARENT}-01`, `0x-${TRACE}-${PARENT}-01`],
    ...[`00-${'0'.repeat(32)}-${PARENT}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`],
    ...[`00-${TRACE.toUpperCase()}-${PARENT}-01`, `00-${TRACE.slice(1)}-${PARENT}-01`, `00-${TRACE}0-${PARENT}-01`],
    ...[` 00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01\n`, `00-${TRACE}-${PARENT}-0g`],
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE.slice(2)}"}-${PARENT}-01`,
  ]) {
    assert.equal(parseTraceparent(header), undefined, header);
  }
});

test('a new trace comes from a UUID, and is valid', () => {
  const traceparent = traceparentFrom('2798a783-207b-4be6-b515-6c462fd95a31');
  assert.equal(traceparent, '00-2798a783207b4be6b5156c462fd95a31-b5156c462fd95a31-00');
  assert.equal(parseTraceparent(traceparent), traceparent);
  assert.equal(traceIdOf(traceparent), '2798a783207b4be6b5156c462fd95a31');
});
