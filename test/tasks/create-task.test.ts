import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { assertRejected, type ExpectedError, notAnObject } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

testOnBothDatabases('a created task is returned with its fields in the documented order', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', JOHN);
  const response = await post('/tasks', {
    warningOffset: 60,
    dueDate: '2026-06-01T12:00:00+02:00',
    taskStatus: 'BLOCKED',
    taskDescription: 'All of it',
    taskTitle: 'Write the report',
    userId: 1,
  });
  assert.equal(response.statusCode, 201);
  assert.equal(
    response.body,
    '{"taskId":1,"userId":1,"taskTitle":"Write the report","taskDescription":"All of it","taskStatus":"BLOCKED",' +
      '"dueDate":"2026-06-01T12:00:00+02:00","warningOffset":60}',
  );
  assert.equal(response.headers.location, '/tasks/1');
  assert.equal(response.headers.etag, '"1"');
  const found = await request({ url: '/tasks/1' });
  assert.equal(found.statusCode, 200);
  assert.equal(found.body, response.body);
});

testOnBothDatabases(
  'optional fields: the status defaults to NOT_STARTED, and an absent description is omitted',
  async (t) => {
    const { post } = await testApp(t);
    await post('/users', JOHN);
    for (const more of [{}, { taskDescription: null }]) {
      const response = await post('/tasks', { ...REPORT, ...more });
      const { taskId, ...task } = response.json();
      assert.deepEqual(task, { ...REPORT, taskStatus: 'NOT_STARTED' });
      assert.equal(response.headers.location, `/tasks/${taskId}`);
    }
  },
);

const kept: [name: string, fields: object, stored?: object][] = [
  ['a task with the shortest values', { taskTitle: 'x', taskDescription: ' ', warningOffset: 0 }],
  [
    'a task with the longest values',
    { taskTitle: '😀'.repeat(80), taskDescription: '😀'.repeat(255), warningOffset: 64_000 },
  ],
  ['a title with white space around it', { taskTitle: ' \tx\n' }],
  ['a date in the distant past', { dueDate: '0001-01-01T00:00:00Z' }],
  ['a date in the distant future', { dueDate: '9999-12-31T23:59:59.999999999-12:00' }],
  ['a date without a zone', { dueDate: '2026-06-01T12:00:00.123456' }, { dueDate: '2026-06-01T12:00:00.123456Z' }],
  ['a date without seconds', { dueDate: '2026-06-01T12:00' }, { dueDate: '2026-06-01T12:00:00Z' }],
  ['a negative zero offset', { warningOffset: -0 }, { warningOffset: 0 }],
];
for (const [name, fields, stored = fields] of kept) {
  testOnBothDatabases(`${name} is stored unchanged`, async (t) => {
    const { post } = await testApp(t);
    await post('/users', JOHN);
    const response = await post('/tasks', { ...REPORT, ...fields });
    const { taskId, ...task } = response.json();
    assert.deepEqual(task, { ...REPORT, taskStatus: 'NOT_STARTED', ...stored }, response.body);
    assert.equal(taskId, 1);
  });
}

testOnBothDatabases('a warningOffset of 3.0 is the integer 3', async (t) => {
  const { post } = await testApp(t);
  await post('/users', JOHN);
  const response = await post('/tasks', JSON.stringify(REPORT).replace(':60', ':60.0'));
  assert.equal(response.json().warningOffset, 60);
});

const title = 'The field `taskTitle` must be between 1 and 80 characters';
const offset = 'The field `warningOffset` must be between 0 and 64000';
const date = 'The field `dueDate` must be an ISO 8601 date and time';
const rejections: [name: string, payload: unknown, ExpectedError][] = [
  [
    'nothing',
    {},
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `userId` field is required.',
      details: ['userId', 'taskTitle', 'dueDate', 'warningOffset'].map((field) => [field, 'Is required']),
    },
  ],
  [
    'every error at once, in field order',
    '{"zip": 1, "warningOffset": -1, "dueDate": "soon", "taskStatus": "DONE", "taskDescription": "", "userId": 0, "taskId": 1}',
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `taskTitle` field is required.',
      details: [
        ['taskId', 'Is read-only'],
        ['userId', 'Value too small'],
        ['taskTitle', 'Is required'],
        ['taskDescription', 'String too short'],
        ['taskStatus', 'Invalid value'],
        ['dueDate', 'Invalid format'],
        ['warningOffset', 'Value too small'],
        ['zip', 'Unknown field'],
      ],
    },
  ],
  ['an empty title', { ...REPORT, taskTitle: '' }, { message: title, details: [['taskTitle', 'String too short']] }],
  [
    'a title of 81 characters',
    { ...REPORT, taskTitle: 'x'.repeat(81) },
    { message: title, details: [['taskTitle', 'String too long']] },
  ],
  [
    'a title of white space',
    { ...REPORT, taskTitle: ' \u3000' },
    {
      message: 'The field `taskTitle` contains characters that are not allowed; it must not be blank',
      details: [['taskTitle', 'Invalid format']],
    },
  ],
  [
    'U+0000 in a description',
    { ...REPORT, taskDescription: 'a\0b' },
    {
      message:
        'The field `taskDescription` contains characters that are not allowed; it must not contain U+0000 or an unpaired surrogate',
      details: [['taskDescription', 'Invalid format']],
    },
  ],
  [
    'a description of 256 characters',
    { ...REPORT, taskDescription: 'x'.repeat(256) },
    {
      message: 'The field `taskDescription` must be between 1 and 255 characters',
      details: [['taskDescription', 'String too long']],
    },
  ],
  [
    'a description that is a number',
    { ...REPORT, taskDescription: 5 },
    { message: 'The field `taskDescription` must be a string', details: [['taskDescription', 'Invalid type']] },
  ],
  [
    'an unknown status',
    { ...REPORT, taskStatus: 'DONE' },
    {
      message:
        "The `taskStatus` value 'DONE' is not valid. It must be one of NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, " +
        'COMPLETED, CANCELLED.',
      details: [['taskStatus', 'Invalid value']],
    },
  ],
  [
    'a status that is no text',
    { ...REPORT, taskStatus: null },
    { message: 'The field `taskStatus` must be a string', details: [['taskStatus', 'Invalid type']] },
  ],
  [
    'a date that is a number',
    { ...REPORT, dueDate: 1_800_000_000 },
    { message: 'The field `dueDate` must be a string', details: [['dueDate', 'Invalid type']] },
  ],
  [
    'a date without a time',
    { ...REPORT, dueDate: '2026-06-01' },
    { message: date, details: [['dueDate', 'Invalid format']] },
  ],
  [
    '30 February',
    { ...REPORT, dueDate: '2026-02-30T12:00:00Z' },
    { message: date, details: [['dueDate', 'Invalid format']] },
  ],
  [
    'a leap second',
    { ...REPORT, dueDate: '2016-12-31T23:59:60Z' },
    { message: date, details: [['dueDate', 'Invalid format']] },
  ],
  [
    'an offset of -1',
    { ...REPORT, warningOffset: -1 },
    { message: offset, details: [['warningOffset', 'Value too small']] },
  ],
  [
    'an offset of 64001',
    { ...REPORT, warningOffset: 64_001 },
    { message: offset, details: [['warningOffset', 'Value too large']] },
  ],
  ...['"60"', '3.5', '1e400', 'true', 'null'].map((value): [string, unknown, ExpectedError] => [
    `an offset of ${value}`,
    JSON.stringify(REPORT).replace(':60', `:${value}`),
    { message: 'The field `warningOffset` must be an integer', details: [['warningOffset', 'Invalid type']] },
  ]),
  ...[0, -1].map((userId): [string, unknown, ExpectedError] => [
    `a userId of ${userId}`,
    { ...REPORT, userId },
    {
      message: 'The field `userId` must be between 1 and 9007199254740991',
      details: [['userId', 'Value too small']],
    },
  ]),
  [
    'a userId of 2^53',
    { ...REPORT, userId: 2 ** 53 },
    {
      message: 'The field `userId` must be between 1 and 9007199254740991',
      details: [['userId', 'Value too large']],
    },
  ],
  [
    'GET of a user who does not exist gets 404',
    { ...REPORT, userId: 7 },
    { message: "The `userId` value '7' does not refer to an existing user.", details: [['userId', 'Does not exist']] },
  ],
  ['a list', [REPORT], notAnObject('it is an array')],
];
for (const [name, payload, expected] of rejections) {
  testOnBothDatabases(`POST /tasks rejects ${name}`, async (t) => {
    const { post, request } = await testApp(t);
    await post('/users', JOHN);
    assertRejected(await post('/tasks', payload), expected);
    assert.deepEqual((await request({ url: '/tasks' })).json(), { tasks: [] });
  });
}
