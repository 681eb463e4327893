import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DateContext, readDate } from '../../console/src/formats/read-date.ts';
import { formatRfc3339, toInstant, toWallTime } from '../../console/src/formats/zoned-time.ts';
import fc from '../support/fast-check.ts';

const ZONES = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Asia/Kolkata', 'Asia/Kathmandu'],
  ...['Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Apia', 'America/Sao_Paulo', 'Africa/Casablanca'],
];

/** A Thursday, at 10:20 in Berlin. */
const NOW = Date.parse('2026-11-26T09:20:30Z');

function read(text: string, context: Partial<DateContext> = {}): string {
  const whole = { now: NOW, timeZone: 'Europe/Berlin', defaultTime: 17 * 60, monthFirst: false, ...context };
  const reading = readDate(text, whole);
  return reading.ok ? reading.text.replace(/:00\+01:00$/, '').replace('T', ' ') : `${reading.problem}: ${reading.word}`;
}

test('dates are read in English', () => {
  const expected: Record<string, string> = {
    today: '2026-11-26 17:00',
    tomorrow: '2026-11-27 17:00',
    'tomorrow 9': '2026-11-27 09:00',
    'Tomorrow at 9pm': '2026-11-27 21:00',
    '9:30 am tomorrow': '2026-11-27 09:30',
    'day after tomorrow noon': '2026-11-28 12:00',
    yesterday: '2026-11-25 17:00',
    fri: '2026-11-27 17:00',
    thu: '2026-11-26 17:00',
    'thu 9': '2026-12-03 09:00',
    'on Monday, 14:00': '2026-11-30 14:00',
    'next monday': '2026-11-30 17:00',
    'next thu': '2026-12-03 17:00',
    'next week': '2026-11-30 17:00',
    'next month': '2026-12-01 17:00',
    'next year': '2027-01-01 17:00',
    '14:00': '2026-11-26 14:00',
    '9': '2026-11-27 09:00',
    '12am': '2026-11-27 00:00',
    '12 p.m.': '2026-11-26 12:00',
    '+3d': '2026-11-29 17:00',
    '3 days 9': '2026-11-29 09:00',
    'in 2 weeks': '2026-12-10 17:00',
    'in a month': '2026-12-26 17:00',
    '-1d': '2026-11-25 17:00',
    '+2h': '2026-11-26 12:20',
    'in 90 min': '2026-11-26 11:50',
    '14h': '2026-11-26 14:00',
    '3 dec 14:00': '2026-12-03 14:00',
    'dec 3rd, 2027 at 8': '2027-12-03 08:00',
    '1st may': '2027-05-01 17:00:00+02:00',
    '26 nov': '2026-11-26 17:00',
    '29 feb': '2028-02-29 17:00',
    '3/12': '2026-12-03 17:00',
    '2026-12-03': '2026-12-03 17:00',
    '2026-12-03 14:00': '2026-12-03 14:00',
    '2026-12-03T14:00:00': '2026-12-03 14:00',
    '2026-12-03T14:00:00Z': '2026-12-03 14:00:00Z',
    '2026-12-03t14:00:00.5+01:00': '2026-12-03 14:00:00.5+01:00',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((text) => [text, read(text)])), expected);
  assert.equal(read('12/3', { monthFirst: true }), '2026-12-03 17:00');
});

test('dates are read in German', () => {
  const expected: Record<string, string> = {
    heute: '2026-11-26 17:00',
    'morgen um 9 Uhr': '2026-11-27 09:00',
    'übermorgen 14.30 Uhr': '2026-11-28 14:30',
    'am Freitag': '2026-11-27 17:00',
    'nächsten Montag 8:15': '2026-11-30 08:15',
    'nächste Woche': '2026-11-30 17:00',
    do: '2026-11-26 17:00',
    'in 3 Tagen': '2026-11-29 17:00',
    'in einer Stunde': '2026-11-26 11:20',
    '3.12.': '2026-12-03 17:00',
    '3.12. 9': '2026-12-03 09:00',
    '3.12.27 14:00': '2027-12-03 14:00',
    '3. Dezember 2026 mittags': '2026-12-03 12:00',
    '3. März': '2027-03-03 17:00',
    'Di. 9:00': '2026-12-01 09:00',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((text) => [text, read(text)])), expected);
});

test('what is not a date is named', () => {
  const expected: Record<string, string> = {
    '  ': 'empty: ',
    soonish: 'unknown: soonish',
    'tomorrow maybe': 'unknown: maybe',
    '30 feb': 'impossible: 30 feb',
    '2026-02-30': 'impossible: 2026-02-30',
    'tomorrow 25': 'impossible: 25',
    '14:75': 'impossible: 14:75',
    '13pm': 'impossible: 13pm',
    'fri sat': 'repeated: sat',
    '9:00 10:00': 'repeated: 10:00',
    '+2h fri': 'repeated: fri',
    '2026-02-30T10:00:00Z': 'impossible: 2026-02-30T10:00:00Z',
    '2026-02-20T24:00:00Z': 'impossible: 2026-02-20T24:00:00Z',
    at: 'unknown: at',
    '+3m': 'unknown: +3m',
    '+9999y': 'impossible: 12025',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((text) => [text, read(text)])), expected);
});

test('today after the default time is its last minute', () => {
  assert.equal(read('today', { now: Date.parse('2026-11-26T18:00:00Z') }), '2026-11-26 23:59');
});

test('a date across a change of the clocks keeps its time of day', () => {
  const beforeChange = Date.parse('2026-10-24T10:00:00Z');
  assert.equal(read('tomorrow 9', { now: beforeChange }), '2026-10-25 09:00');
  assert.equal(read('today 14:00', { now: beforeChange }), '2026-10-24 14:00:00+02:00');
  const skipped = readDate('2027-03-28 02:30', {
    ...{ now: NOW, timeZone: 'Europe/Berlin', defaultTime: 0, monthFirst: false },
  });
  assert.deepEqual(skipped, {
    ok: true,
    instant: Date.parse('2027-03-28T01:30:00Z'),
    text: '2027-03-28T03:30:00+02:00',
    moved: true,
  });
});

const instants = fc
  .integer({ min: Date.UTC(1970, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
  .map((s) => s * 1000);
const zones = fc.constantFrom(...ZONES);

test('wall-clock times, instants and offsets are those of Temporal', () => {
  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
      const wall = Date.parse(`${zoned.toPlainDateTime().toString({ smallestUnit: 'second' })}Z`);
      assert.equal(toWallTime(instant, zone), wall);
      assert.equal(toInstant(wall, zone), zoned.toPlainDateTime().toZonedDateTime(zone).epochMilliseconds);
      // Offsets with seconds, as Liberia had until 1972, cannot be written.
      if (zoned.offset.length === 6) assert.equal(Date.parse(formatRfc3339(instant, zone)), instant);
    }),
    { numRuns: 2000 },
  );
});

test('a time that clocks skip or repeat is the instant that Temporal chooses', () => {
  for (const zone of ZONES) {
    let change = Temporal.Instant.from('1995-01-01T00:00:00Z').toZonedDateTimeISO(zone).getTimeZoneTransition('next');
    for (; change !== null && change.year < 2030; change = change.getTimeZoneTransition('next')) {
      for (let minutes = -120; minutes <= 120; minutes += 15) {
        const local: Temporal.PlainDateTime = change.toPlainDateTime().add({ minutes });
        const expected = local.toZonedDateTime(zone).epochMilliseconds;
        assert.equal(toInstant(Date.parse(`${local.toString()}Z`), zone), expected, `${local} ${zone}`);
      }
    }
  }
});

test('a typed date and time is that date and time in the zone, whatever is typed', () => {
  fc.assert(
    fc.property(instants, instants, zones, (now, instant, timeZone) => {
      const text = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).toPlainDateTime();
      const reading = readDate(text.toString({ smallestUnit: 'minute' }), {
        ...{ now, timeZone, defaultTime: 0, monthFirst: false },
      });
      assert.ok(reading.ok);
      const expected = text.round({ smallestUnit: 'minute', roundingMode: 'trunc' }).toZonedDateTime(timeZone);
      assert.equal(reading.instant, expected.epochMilliseconds);
    }),
  );
});

test('any text is read or rejected with the part that is meant', () => {
  const words = fc.constantFrom('fri', '9', 'pm', '+', '3d', 'at', '30', 'feb', '.', ':', 'next', '-', 'ſ', '\u0000');
  const texts = fc.oneof(
    fc.string(),
    fc.array(words).map((all) => all.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const context = { now: NOW, timeZone: 'Europe/Berlin', defaultTime: 0, monthFirst: true };
      const reading = readDate(text, context);
      if (reading.ok) assert.equal(Date.parse(reading.text), reading.instant);
    }),
  );
});
