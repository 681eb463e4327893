import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDateTime, toMicroseconds, toMilliseconds, toRfc3339 } from '../../src/formats/date-time.ts';
import fc from '../support/fast-check.ts';
import { dateTime, daysInMonth, daysToDate, instant, spell, spelling } from './date-times.ts';

const VALID = [
  '2026-03-01T12:00:00Z',
  '2026-03-01T12:00Z',
  '2026-03-01T12:00',
  '2026-03-01T12:00:00',
  '2026-03-01t12:00:00z',
  '2026-03-01T12:00:00.1Z',
  '2026-03-01T12:00:00.123456789',
  '2026-03-01T12:00:00+00:00',
  '2026-03-01T12:00:00-00:00',
  '2026-03-01T12:00:00+23:59',
  '2026-03-01T12:00-23:59',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999999Z',
  '9999-12-31T23:59:59.999999999-23:59',
  '2024-02-29T00:00:00Z',
  '2000-02-29T00:00:00Z',
];

const INVALID = [
  '',
  ' ',
  '2026-03-01',
  '12:00:00Z',
  '20260301T120000Z',
  '2026-03-01 12:00:00Z',
  ' 2026-03-01T12:00:00Z',
  '2026-03-01T12:00:00Z ',
  '2026-03-01T12:00:00Z\n',
  '2026-3-1T12:00:00Z',
  '2026-03-01T12Z',
  '2026-03-01T12:00:00.Z',
  '2026-03-01T12:00:00,5Z',
  '2026-03-01T12:00:00.1234567890Z',
  '2026-03-01T12:00.5Z',
  '2026-03-01T12:00:00 Z',
  '2026-03-01T12:00:00+1:00',
  '2026-03-01T12:00:00+01',
  '2026-03-01T12:00:00+0100',
  '2026-03-01T12:00:00+24:00',
  '2026-03-01T12:00:00+01:60',
  '2026-03-01T12:00:00+01:00:00',
  '2026-03-01T12:00:00\u221201:00',
  '2026-03-01T12:00:00UTC',
  '2026-03-01T12:00:00Z[UTC]',
  '2026-03-01T12:00:00+01:00[Europe/Paris]',
  '2026-03-01T12:00:00Z[u-ca=gregory]',
  '2026-03-01T24:00:00Z',
  '2026-03-01T25:00:00Z',
  '2026-03-01T12:60:00Z',
  '2016-12-31T23:59:60Z',
  '2016-12-31T23:59:60',
  '2016-12-31T15:59:60-08:00',
  '2026-02-30T12:00:00Z',
  '2026-02-30T12:00',
  '2026-02-29T12:00:00Z',
  '1900-02-29T12:00:00Z',
  '2026-04-31T12:00:00Z',
  '2026-00-01T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-32T12:00:00Z',
  '0000-12-31T23:59:59Z',
  '0000-12-31T23:59:59-01:00',
  '-000001-01-01T00:00:00Z',
  '+002026-03-01T12:00:00Z',
  '10000-01-01T00:00:00Z',
  '-2026-03-01T12:00:00Z',
  '2026-W09-7T12:00:00Z',
  '2026-060T12:00:00Z',
  '٢٠٢٦-03-01T12:00:00Z',
  'now',
  '1772366400',
];

for (const text of VALID) {
  test(`${JSON.stringify(text)} is a date-time`, () => assert.equal(isDateTime(text), true));
}

for (const text of INVALID) {
  test(`${JSON.stringify(text)} is not a date-time`, () => assert.equal(isDateTime(text), false));
}

const INSTANTS: [text: string, micros: bigint][] = [
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01T00:00', 0n],
  ['1970-01-01T01:00+01:00', 0n],
  ['1969-12-31T19:00:00-05:00', 0n],
  ['1970-01-01T00:00:00-00:00', 0n],
  ['1970-01-01T00:00:00.000001Z', 1n],
  ['1970-01-01T00:00:00.000001999Z', 1n],
  ['1970-01-01T00:00:00.5Z', 500_000n],
  ['1969-12-31T23:59:59.999999Z', -1n],
  ['1969-12-31T23:59:59.999999999Z', -1n],
  ['1969-12-31T23:59:59.9999989Z', -2n],
  ['2026-03-01T12:00:00Z', 1_772_366_400_000_000n],
  ['2001-09-09t01:46:40z', 1_000_000_000_000_000n],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000_000n],
  ['0001-01-01T00:00:00+23:59', -62_135_683_140_000_000n],
  ['9999-12-31T23:59:59.999999999Z', 253_402_300_799_999_999n],
  ['9999-12-31T23:59:59.999999-23:59', 253_402_387_139_999_999n],
];

for (const [text, micros] of INSTANTS) {
  test(`${text} is ${micros} microseconds since the epoch`, () => assert.equal(toMicroseconds(text), micros));
}

test('microseconds are rounded down to milliseconds, also before the epoch', () => {
  assert.equal(toMilliseconds('1970-01-01T00:00:00.001999999Z'), 1);
  assert.equal(toMilliseconds('1969-12-31T23:59:59.9999Z'), -1);
  assert.equal(toMilliseconds('1969-12-31T23:59:59.999Z'), -1);
  assert.equal(toMilliseconds('1969-12-31T23:59:59.9989Z'), -2);
  assert.equal(toMilliseconds('0001-01-01T00:00'), -62_135_596_800_000);
});

test('a date-time without a zone gets Z, one without seconds :00; any other is unchanged', () => {
  assert.equal(toRfc3339('2026-03-01T12:00'), '2026-03-01T12:00:00Z');
  assert.equal(toRfc3339('2026-03-01t12:00:00.5'), '2026-03-01t12:00:00.5Z');
  for (const zone of ['z', 'Z', '-00:00', '+05:30']) {
    assert.equal(toRfc3339(`2026-03-01T12:00${zone}`), `2026-03-01T12:00:00${zone}`);
    assert.equal(toRfc3339(`2026-03-01T12:00:59.123${zone}`), `2026-03-01T12:00:59.123${zone}`);
  }
});

test('every notation of an instant in the years 1 to 9999 parses to that instant', () => {
  const property = fc.property(dateTime, ({ text, shown, micros }) => {
    assert.ok(isDateTime(text), text);
    assert.equal(toRfc3339(text), shown);
    assert.equal(toMicroseconds(text), micros, text);
    assert.equal(toMicroseconds(shown), micros, shown);
    const rest = ((micros % 1000n) + 1000n) % 1000n;
    assert.equal(toMilliseconds(text), Number((micros - rest) / 1000n), text);
  });
  fc.assert(property, { numRuns: 5000 });
});

test('date-times compare by instant, to the microsecond, across zones', () => {
  const near = fc.tuple(instant, fc.bigInt({ min: -2n, max: 2n }), spelling, spelling);
  const property = fc.property(near, ([micros, apart, one, other]) => {
    fc.pre(micros > -62_135_596_799_000_000n && micros < 253_402_300_799_000_000n);
    const [a, b] = [spell(micros, one), spell(micros + apart, other)];
    assert.equal(toMicroseconds(b.text) - toMicroseconds(a.text), apart, `${a.text} ${b.text}`);
  });
  fc.assert(property, { numRuns: 3000 });
});

test('a day is valid if its month has it', () => {
  for (let year = 1; year < 10_000; year += year % 100 > 4 && year % 100 < 96 ? 7 : 1) {
    const yearText = String(year).padStart(4, '0');
    for (let month = 1; month <= 12; month++) {
      const last = daysInMonth(year, month);
      const at = (day: number) => `${yearText}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`;
      assert.equal(isDateTime(at(last)), true, at(last));
      assert.equal(isDateTime(at(last + 1)), false, at(last + 1));
    }
  }
});

test('the reference arithmetic of these tests matches known days', () => {
  assert.equal(daysToDate(1970, 1, 1), 0);
  assert.equal(daysToDate(2000, 3, 1), 11_017);
  assert.equal(daysToDate(2026, 3, 1), 20_513);
  assert.equal(daysInMonth(1900, 2), 28);
  assert.equal(daysInMonth(2000, 2), 29);
});

test('no input makes the parser throw', () => {
  const almost = fc.tuple(dateTime, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), fc.nat(2));
  const broken = almost.map(([{ text }, at, piece, cut]) => {
    const position = at % (text.length + 1);
    return `${text.slice(0, position)}${piece}${text.slice(position + cut)}`;
  });
  const property = fc.property(fc.oneof(broken, fc.string({ unit: 'binary' })), (text) => {
    if (isDateTime(text)) toMicroseconds(text);
  });
  fc.assert(property, { numRuns: 5000 });
});
