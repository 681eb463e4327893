import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../../support/app.ts';
import { assertRejected, type ExpectedError } from '../../support/assert-rejected.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';
import { JOHN, REPORT } from '../../support/examples.ts';

/** An application with 25 users; the first has 5 tasks. */
async function withRows(t: TestContext) {
  const test = await testApp(t);
  for (let i = 1; i <= 25; i++) await test.post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
  for (const warningOffset of [3, 1, 2, 2, 1]) await test.post('/tasks', { ...REPORT, warningOffset });
  const get = (url: string, headers = {}) => test.request({ url, headers });
  const ids = async (url: string) => {
    const body = (await get(url)).json();
    return (body.users ?? body.tasks).map((item: Record<string, number>) => item.taskId ?? item.userId);
  };
  return { ...test, get, ids };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The targets of the `Link` header by relation. */
function linksOf(header: unknown): Record<string, string> {
  return Object.fromEntries([...String(header).matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, url]));
}

testOnBothDatabases('a list has 20 items per page by default, and the body holds the list only', async (t) => {
  const { get, ids } = await withRows(t);
  const response = await get('/users');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(Object.keys(response.json()), ['users']);
  assert.equal(
    JSON.stringify(response.json().users[0]),
    '{"userId":1,"firstName":"John","lastName":"Doe","contactEmail":"john1@example.com"}',
  );
  assert.deepEqual(await ids('/users'), range(1, 20));
  assert.deepEqual(await ids('/users?_page=1'), range(21, 25));
  assert.deepEqual(await ids('/users?_page=2&_perPage=10'), range(21, 25));
  assert.deepEqual(await ids('/users?_sort=-userId&_perPage=3'), [25, 24, 23]);
});

testOnBothDatabases('a page past the end is empty', async (t) => {
  const { ids } = await withRows(t);
  for (const page of [2, 50_000, 2_147_483_647]) assert.deepEqual(await ids(`/users?_page=${page}&_perPage=100`), []);
});

testOnBothDatabases('Link headers lead through all pages and keep the query parameters', async (t) => {
  const { get } = await withRows(t);
  const first = linksOf((await get('/users?_perPage=10&_sort=-lastName,firstName')).headers.link);
  assert.deepEqual(Object.keys(first), ['first', 'next']);
  assert.equal(first.first, '/users?_perPage=10&_sort=-lastName%2CfirstName');
  const second = await get(first.next as string);
  assert.deepEqual(
    second.json().users.map(({ userId }: { userId: number }) => userId),
    range(11, 20),
  );
  const links = linksOf(second.headers.link);
  assert.deepEqual(Object.keys(links), ['first', 'next'], 'a cursor page has no previous page');
  const last = await get(links.next as string);
  assert.equal(last.json().users.length, 5);
  assert.deepEqual(linksOf(last.headers.link), { first: first.first });
});

testOnBothDatabases(
  'a numbered page links to the previous page, and to the next one only if it has rows',
  async (t) => {
    const { get } = await withRows(t);
    assert.deepEqual(linksOf((await get('/users?_page=4&_perPage=5')).headers.link), {
      first: '/users?_perPage=5',
      prev: '/users?_perPage=5&_page=3',
    });
    assert.deepEqual(Object.keys(linksOf((await get('/users?_page=1&_perPage=5')).headers.link)), [
      'first',
      'prev',
      'next',
    ]);
    assert.deepEqual(linksOf((await get('/users?_perPage=25')).headers.link), { first: '/users?_perPage=25' });
  },
);

testOnBothDatabases('a cursor resumes at its position despite inserts and deletes', async (t) => {
  const { get, post, request } = await withRows(t);
  const { next } = linksOf((await get('/tasks?_sort=warningOffset&_perPage=2')).headers.link);
  // Deletes the row at the cursor, one before it and one after it.
  for (const id of [2, 5, 3]) await request({ method: 'DELETE', url: `/tasks/${id}` });
  await post('/tasks', { ...REPORT, warningOffset: 0 });
  await post('/tasks', { ...REPORT, warningOffset: 2 });
  const { tasks } = (await get(next as string)).json();
  assert.deepEqual(
    tasks.map(({ taskId }: { taskId: number }) => taskId),
    [4, 7],
  );
});

testOnBothDatabases('ties are sorted by id, in the direction of the last field', async (t) => {
  const { ids } = await withRows(t);
  assert.deepEqual(await ids('/tasks?_sort=warningOffset'), [2, 5, 3, 4, 1]);
  assert.deepEqual(await ids('/tasks?_sort=-warningOffset'), [1, 4, 3, 5, 2]);
  assert.deepEqual(await ids('/tasks?_sort=warningOffset,-taskId'), [5, 2, 4, 3, 1]);
  assert.deepEqual(await ids('/tasks?_sort=-warningOffset,taskTitle'), [1, 3, 4, 2, 5]);
});

testOnBothDatabases('filters work alone and combined', async (t) => {
  const { ids, patch, clock, get } = await withRows(t);
  clock.now += 5000;
  await patch('/tasks/2', { taskStatus: 'BLOCKED' });
  await patch('/tasks/4', { taskStatus: 'BLOCKED', userId: 2 });
  assert.deepEqual(await ids('/tasks?taskStatus=BLOCKED'), [2, 4]);
  assert.deepEqual(await ids('/tasks?userId=2'), [4]);
  assert.deepEqual(await ids('/tasks?userId=2&taskStatus=BLOCKED&_sort=-dueDate'), [4]);
  assert.deepEqual(await ids('/tasks?userId=3'), []);
  assert.deepEqual(await ids('/tasks?userId=9007199254740991'), []);
  assert.deepEqual(await ids('/users?contactEmail=JOHN7@EXAMPLE.com'), [7]);
  assert.deepEqual(await ids('/users?contactEmail=unknown@example.com'), []);
  const at = (offset: number) => new Date(clock.now + offset).toISOString();
  assert.deepEqual(await ids(`/tasks?updatedSince=${at(0)}`), [2, 4]);
  assert.deepEqual(await ids(`/tasks?updatedSince=${at(1)}`), []);
  assert.deepEqual(await ids(`/tasks?updatedSince=${at(-5000)}&_sort=-taskId`), [5, 4, 3, 2, 1]);
  assert.equal((await get(`/users?updatedSince=${at(0)}`)).json().users.length, 0);
});

testOnBothDatabases('Prefer: count=exact adds the total count', async (t) => {
  const { get } = await withRows(t);
  for (const prefer of ['count=exact', 'respond-async, count="exact"; x=1', 'Count = Exact']) {
    const { headers } = await get('/users?_page=1', { prefer });
    assert.deepEqual([headers['x-total-count'], headers['preference-applied']], ['25', 'count=exact'], prefer);
  }
  for (const prefer of ['count=planned', 'xcount=exact', 'count=exactly', 'return=minimal']) {
    const response = await get('/users', { prefer });
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['x-total-count'], undefined, prefer);
  }
  assert.equal((await get('/tasks?taskStatus=BLOCKED', { prefer: 'count=exact' })).headers['x-total-count'], '0');
});

const rejections: [query: string, ExpectedError][] = [
  ...['-1', 'x', '1.0', '01', '2147483648', '9007199254740993', '', '%2B1'].map((text): [string, ExpectedError] => {
    const query = `_page=${text}`;
    const value = decodeURIComponent(text);
    return [
      query,
      {
        message: `The \`_page\` value '${value}' is not valid. It must be an integer between 0 and 2147483647.`,
        details: [['_page', 'Invalid value', 'query']],
      },
    ];
  }),
  ...['0', '101', '1e2'].map((value): [string, ExpectedError] => [
    `_perPage=${value}`,
    {
      message: `The \`_perPage\` value '${value}' is not valid. It must be an integer between 1 and 100.`,
      details: [['_perPage', 'Invalid value', 'query']],
    },
  ]),
  ...['', 'foo', 'taskId,', '--taskId', 'taskId taskTitle', 'taskId,-taskId', 'TASKID'].map(
    (value): [string, ExpectedError] => [
      `_sort=${value}`,
      {
        message:
          `The \`_sort\` value '${value}' is not valid. It must be one or more of taskId, userId, taskTitle, taskStatus, ` +
          'dueDate, warningOffset, separated by commas, each once, with a minus in front for descending order.',
        details: [['_sort', 'Invalid value', 'query']],
      },
    ],
  ),
  ['foo=1', { message: 'The parameter `foo` is not known', details: [['foo', 'Unknown field', 'query']] }],
  [
    'contactEmail=a@b.co',
    { message: 'The parameter `contactEmail` is not known', details: [['contactEmail', 'Unknown field', 'query']] },
  ],
  [
    '_page=1&_page=1',
    { message: 'The parameter `_page` must be given once', details: [['_page', 'Invalid value', 'query']] },
  ],
  [
    'userId=0',
    {
      message: "The `userId` value '0' is not valid. It must be an integer between 1 and 9007199254740991.",
      details: [['userId', 'Invalid value', 'query']],
    },
  ],
  [
    'taskStatus=DONE',
    {
      message:
        "The `taskStatus` value 'DONE' is not valid. It must be one of NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, " +
        'COMPLETED, CANCELLED.',
      details: [['taskStatus', 'Invalid value', 'query']],
    },
  ],
  [
    'taskStatus=BLOCKED,blocked',
    {
      message:
        "The `taskStatus` value 'blocked' is not valid. It must be one of NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, " +
        'COMPLETED, CANCELLED.',
      details: [['taskStatus', 'Invalid value', 'query']],
    },
  ],
  [
    'taskStatus=BLOCKED,DEFERRED,BLOCKED',
    {
      message:
        "The `taskStatus` value 'BLOCKED,DEFERRED,BLOCKED' is not valid. It must be a list of one or more of NOT_STARTED, " +
        'IN_PROGRESS, BLOCKED, DEFERRED, COMPLETED, CANCELLED, each once.',
      details: [['taskStatus', 'Invalid value', 'query']],
    },
  ],
  [
    'taskStatus=BLOCKED&taskStatus=DEFERRED',
    { message: 'The parameter `taskStatus` must be given once', details: [['taskStatus', 'Invalid value', 'query']] },
  ],
  [
    'overdue=yes',
    {
      message: "The `overdue` value 'yes' is not valid. It must be true or false.",
      details: [['overdue', 'Invalid value', 'query']],
    },
  ],
  [
    'dueAfter=2026-03-01&dueBefore=tomorrow&taskId=0',
    {
      message: "The `taskId` value '0' is not valid. It must be an integer between 1 and 9007199254740991.",
      details: [
        ['taskId', 'Invalid value', 'query'],
        ['dueAfter', 'Invalid value', 'query'],
        ['dueBefore', 'Invalid value', 'query'],
      ],
    },
  ],
  [
    'updatedSince=today',
    {
      message: "The `updatedSince` value 'today' is not valid. It must be an ISO 8601 date and time.",
      details: [['updatedSince', 'Invalid value', 'query']],
    },
  ],
  [
    'updatedSince=2026-03-01T12:00:00+02:00',
    {
      message:
        "The `updatedSince` value '2026-03-01T12:00:00 02:00' is not valid. It must be an ISO 8601 date and time; in a URL " +
        'write a plus sign as %2B.',
      details: [['updatedSince', 'Invalid value', 'query']],
    },
  ],
  [
    'zip=1&taskStatus=x&Zip=1&_perPage=y&__proto__=1',
    {
      message: "The `_perPage` value 'y' is not valid. It must be an integer between 1 and 100.",
      details: [
        ['_perPage', 'Invalid value', 'query'],
        ['taskStatus', 'Invalid value', 'query'],
        ['Zip', 'Unknown field', 'query'],
        ['__proto__', 'Unknown field', 'query'],
        ['zip', 'Unknown field', 'query'],
      ],
    },
  ],
];
for (const [query, expected] of rejections) {
  testOnBothDatabases(`GET /tasks?${query} is rejected`, async (t) => {
    const { request } = await testApp(t);
    assertRejected(await request({ url: `/tasks?${query}` }), expected);
  });
}

testOnBothDatabases(
  'a cursor is rejected with another sort or filter, with a page, or with a changed character',
  async (t) => {
    const { get } = await withRows(t);
    const { next = '' } = linksOf((await get('/tasks?_perPage=2')).headers.link);
    const cursor = new URL(next, 'http://localhost').searchParams.get('_cursor') as string;
    assert.equal((await get(`/tasks?_cursor=${cursor}&_perPage=3`)).statusCode, 200, 'the page size may change');
    const forged = [...cursor].map(
      (_, i) => cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1),
    );
    const queries = [
      `_cursor=${cursor}&_sort=-taskId`,
      `_cursor=${cursor}&taskStatus=BLOCKED`,
      `_cursor=${cursor}&_page=0`,
      ...['', 'x', 'x.y', '.', `${cursor}.`, `${cursor}=`, ...forged].map((text) => `_cursor=${text}`),
    ];
    for (const query of queries) {
      const response = await get(`/tasks?${query}`);
      assert.equal(response.statusCode, 400, query);
      assert.deepEqual(response.json().details, [{ field: '_cursor', reason: 'Invalid value', location: 'query' }]);
    }
    assert.equal((await get(`/users?_cursor=${cursor}`)).statusCode, 400, 'another list');
  },
);

testOnBothDatabases('If-None-Match with the tag of an unchanged list gets 304', async (t) => {
  const { get, patch, request } = await withRows(t);
  const response = await get('/tasks');
  const tag = response.headers.etag as string;
  assert.match(tag, /^"[\w-]+"$/);
  const unchanged = await get('/tasks', { 'if-none-match': tag });
  assert.deepEqual([unchanged.statusCode, unchanged.body, unchanged.headers.etag], [304, '', tag]);
  const head = await request({ method: 'HEAD', url: '/tasks' });
  assert.deepEqual([head.statusCode, head.body, head.headers.etag], [200, '', tag]);
  assert.equal(head.headers['content-length'], String(response.body.length));
  await patch('/tasks/1', { warningOffset: 9 });
  assert.equal((await get('/tasks', { 'if-none-match': tag })).statusCode, 200);
});
