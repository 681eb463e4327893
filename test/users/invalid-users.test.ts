import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { assertRejected, type ExpectedError, notAnObject } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

async function rejected(t: TestContext, payload: unknown, expected: ExpectedError): Promise<void> {
  const { post } = await testApp(t);
  assertRejected(await post('/users', payload), expected);
}

const rejections: [name: string, payload: unknown, ExpectedError][] = [
  [
    'one field missing',
    { firstName: 'John', contactEmail: 'john@example.com' },
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `lastName` field is required.',
      details: [['lastName', 'Is required']],
    },
  ],
  [
    'all fields missing',
    {},
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `firstName` field is required.',
      details: [
        ['firstName', 'Is required'],
        ['lastName', 'Is required'],
        ['contactEmail', 'Is required'],
      ],
    },
  ],
  [
    'every error at once: in field order, then unknown names by code point',
    '{"\\ud83d\\ude00": 1, "\\uffee": 1, "zip": 1, "Zip": 1, "__proto__": {}, "userId": 7, "firstName": "", "contactEmail": 5}',
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `lastName` field is required.',
      details: [
        ['userId', 'Is read-only'],
        ['firstName', 'String too short'],
        ['lastName', 'Is required'],
        ['contactEmail', 'Invalid type'],
        ['Zip', 'Unknown field'],
        ['__proto__', 'Unknown field'],
        ['zip', 'Unknown field'],
        ['\uffee', 'Unknown field'],
        ['😀', 'Unknown field'],
      ],
    },
  ],
  [
    'empty first name',
    { ...JOHN, firstName: '' },
    {
      message: 'The field `firstName` must be between 1 and 100 characters',
      details: [['firstName', 'String too short']],
    },
  ],
  [
    '101 characters',
    { ...JOHN, lastName: '😀'.repeat(101) },
    {
      message: 'The field `lastName` must be between 1 and 100 characters',
      details: [['lastName', 'String too long']],
    },
  ],
  [
    'an email of two characters: too short, not badly formatted',
    { ...JOHN, contactEmail: 'ab' },
    {
      message: 'The field `contactEmail` must be between 3 and 255 characters',
      details: [['contactEmail', 'String too short']],
    },
  ],
  [
    'an email of 256 characters',
    { ...JOHN, contactEmail: `${'a'.repeat(244)}@example.com` },
    {
      message: 'The field `contactEmail` must be between 3 and 255 characters',
      details: [['contactEmail', 'String too long']],
    },
  ],
  [
    'no email',
    { ...JOHN, contactEmail: 'john.doe' },
    {
      message: 'The field `contactEmail` must be a valid email address',
      details: [['contactEmail', 'Invalid format']],
    },
  ],
  [
    'only white space',
    { ...JOHN, firstName: ' \t\u0085\u00a0\u3000\ufeff' },
    {
      message: 'The field `firstName` contains characters that are not allowed; it must not be blank',
      details: [['firstName', 'Invalid format']],
    },
  ],
  [
    'U+0000',
    { ...JOHN, firstName: 'Jo\u0000hn' },
    {
      message:
        'The field `firstName` contains characters that are not allowed; it must not contain U+0000 or an unpaired surrogate',
      details: [['firstName', 'Invalid format']],
    },
  ],
  [
    'a lone surrogate',
    '{"firstName": "\\ud800", "lastName": "Doe", "contactEmail": "john.doe@example.com"}',
    {
      message:
        'The field `firstName` contains characters that are not allowed; it must not contain U+0000 or an unpaired surrogate',
      details: [['firstName', 'Invalid format']],
    },
  ],
  ...[null, 5, true, [], {}, ['John']].map((value): [string, unknown, ExpectedError] => [
    `${JSON.stringify(value)} in place of a string`,
    { ...JOHN, firstName: value },
    { message: 'The field `firstName` must be a string', details: [['firstName', 'Invalid type']] },
  ]),
  [
    'the id',
    { ...JOHN, userId: 1 },
    { message: 'The field `userId` cannot be set', details: [['userId', 'Is read-only']] },
  ],
  [
    'an unknown field',
    { ...JOHN, foo: 1 },
    { message: 'The field `foo` is not known', details: [['foo', 'Unknown field']] },
  ],
  [
    '`__proto__`',
    '{"firstName": "John", "lastName": "Doe", "contactEmail": "john.doe@example.com", "__proto__": {"admin": true}}',
    { message: 'The field `__proto__` is not known', details: [['__proto__', 'Unknown field']] },
  ],
  [
    '`constructor`',
    { ...JOHN, constructor: { prototype: {} } },
    { message: 'The field `constructor` is not known', details: [['constructor', 'Unknown field']] },
  ],
  [
    'a long unknown name with control characters, which is not repeated as it is',
    { ...JOHN, [`\u001b[31m${'x'.repeat(200)}`]: 1 },
    {
      message: `The field \`\ufffd[31m${'x'.repeat(95)}\` is not known`,
      details: [[`\ufffd[31m${'x'.repeat(95)}`, 'Unknown field']],
    },
  ],
  ['an empty body', '', notAnObject('it is empty')],
  ['text that is not JSON', '{"firstName": "John",}', notAnObject('it is not valid JSON at line 1, column 22')],
  [
    'no JSON, on the third line',
    '{\n  "firstName": "John",\n  lastName: "Doe"\n}',
    notAnObject('it is not valid JSON at line 3, column 3'),
  ],
  ['JSON that ends too early', '{"firstName": "Jo', notAnObject('it is not valid JSON at line 1, column 15')],
  ['JSON that is broken 60,000 deep', '['.repeat(60_000), notAnObject('it is not valid JSON')],
  ['two JSON values', '{} {}', notAnObject('it is not valid JSON at line 1, column 4')],
  ['an array', '[]', notAnObject('it is an array')],
  ['null', 'null', notAnObject('it is null')],
  ['a string', '"John"', notAnObject('it is a string')],
  ['a number', '1e400', notAnObject('it is a number')],
  ['a byte order mark', `\ufeff${JSON.stringify(JOHN)}`, notAnObject('it is not valid JSON at line 1, column 1')],
  ['arrays 32,000 deep', '['.repeat(32_000) + ']'.repeat(32_000), notAnObject('it is an array')],
  [
    'objects 10,000 deep in a field',
    `{"lastName": "Doe", "contactEmail": "a@example.com", "firstName": ${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    { message: 'The field `firstName` must be a string', details: [['firstName', 'Invalid type']] },
  ],
];

for (const [name, payload, expected] of rejections) {
  testOnBothDatabases(`POST /users rejects ${name}`, (t) => rejected(t, payload, expected));
}
