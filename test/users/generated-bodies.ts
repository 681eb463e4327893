import fc from '../support/fast-check.ts';

/**
 * Bodies for `POST /users` of every relevant shape: types, lengths at every boundary, Unicode planes, number
 * formats, known, unknown and dangerous names, and text that is not JSON.
 */

/** One character from each part of Unicode that some code treats differently. */
const character = fc
  .oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x1f }) },
    { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0xd7ff }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xd800, max: 0xdfff }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0xffff }) },
    { weight: 2, arbitrary: fc.integer({ min: 0x10000, max: 0x10ffff }) },
    { weight: 1, arbitrary: fc.constantFrom(0x20, 0xa0, 0x2028, 0x3000, 0xfeff, 0x202e, 0x200d, 0x0301) },
  )
  .map((code) => String.fromCodePoint(code));

/** Lengths around every documented limit. */
const edgeLength = fc.constantFrom(0, 1, 2, 3, 4, 99, 100, 101, 102, 254, 255, 256, 257, 1000);

const edgeText = fc
  .tuple(edgeLength, fc.array(character, { minLength: 1, maxLength: 8 }))
  .map(([length, units]) => Array.from({ length }, (_, i) => units[i % units.length]).join(''));

const edgeEmail = fc
  .tuple(edgeLength, fc.oneof(fc.domain(), fc.constantFrom('example.com', 'пример.рф', 'a', 'b.c', '[::1]', '')))
  .map(([length, domain]) => `${'a'.repeat(Math.max(0, length - domain.length - 1))}@${domain}`);

const text = fc.oneof(
  fc.constantFrom('John', 'Doe', ' ', '\t\n', '\u0000', '__proto__'),
  edgeText,
  edgeEmail,
  fc.emailAddress(),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** Values as JSON text, so that number formats and escapes reach the parser unchanged. */
const jsonText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: text.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('0', '-0', '1', '3.0', '3.5', '1e400', '-1e-400', '9007199254740993', '01', '+1', '.5'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('null', 'true', 'false', 'undefined', 'NaN', '', "'x'", '"\\ud800"', '"\\x"'),
  },
  { weight: 1, arbitrary: fc.json() },
);

const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('firstName', 'lastName', 'contactEmail') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('userId', 'taskId', 'FirstName', '', '__proto__', 'constructor', 'toString'),
  },
  { weight: 1, arbitrary: text },
);

const member = fc.tuple(name, jsonText).map(([key, value]) => `${JSON.stringify(key)}:${value}`);

const almostRight = fc
  .record({ firstName: text, lastName: text, contactEmail: fc.oneof(fc.emailAddress(), edgeEmail, text) })
  .map((value) => JSON.stringify(value));

/** The bytes of a body. */
export const generatedBody: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: almostRight.map((body) => Buffer.from(body)) },
  {
    weight: 6,
    arbitrary: fc.array(member, { maxLength: 8 }).map((members) => Buffer.from(`{${members.join(',')}}`)),
  },
  { weight: 2, arbitrary: fc.json().map((body) => Buffer.from(body)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
