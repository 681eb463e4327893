import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, type Exchange, formatResponse, Transcript } from './transcript.ts';

const UUIDS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-9222-222222222222'];
const HASHES = ['a'.repeat(43), `${'B-_9'.repeat(10)}BBB`];

function exchange(request: string, response: string, overlapped = false): Exchange {
  return { request, response, overlapped };
}

/** Creates a user with this id, and reads it. */
function createAndRead(id: number, lastName = 'Doe'): Exchange[] {
  const body = `{"userId":${id},"lastName":"${lastName}"}`;
  return [
    exchange('POST /users\n\n{}', `201 Created\nlocation: /users/${id}\netag: "1"\n\n${body}`),
    exchange(`GET /users/${id}\n\n`, `200 OK\netag: "1"\n\n${body}`),
    exchange(`GET /tasks?userId=${id}\n\n`, `200 OK\nlink: </tasks?userId=${id}>; rel="first"\n\n{"tasks":[]}`),
  ];
}

test('equal transcripts have no difference', () => {
  assert.equal(difference(createAndRead(1), createAndRead(1)), undefined);
  assert.equal(difference([], []), undefined);
});

const mayDiffer: [what: string, text: (n: 0 | 1) => string][] = [
  ['request ids', (n) => `404 Not Found\nx-request-id: req-${UUIDS[n]}\n\n{"requestId":"req-${UUIDS[n]}"}`],
  ['dates', (n) => `200 OK\ndate: Mon, 01 Jun 2026 12:00:0${n} GMT\n\n`],
  ['entity tags of lists', (n) => `200 OK\netag: "${HASHES[n]}"\n\n`],
  ['cursors', (n) => `200 OK\nlink: </tasks>; rel="first", </tasks?_cursor=${HASHES[n]}.x>; rel="next"\n\n`],
];
for (const [what, text] of mayDiffer) {
  test(`${what} may differ`, () => {
    assert.equal(difference([exchange('GET /x', text(0))], [exchange('GET /x', text(1))]), undefined);
  });
}

const mayNot: [what: string, one: string, other: string][] = [
  ['a status', '200 OK\n\n', '201 Created\n\n'],
  ['a header', '200 OK\nallow: GET\n\n', '200 OK\nallow: GET, HEAD\n\n'],
  ['a header that is missing', '200 OK\nallow: GET\n\n', '200 OK\n\n'],
  ['the order of headers', '200 OK\na: 1\nb: 2\n\n', '200 OK\nb: 2\na: 1\n\n'],
  ['the version', '200 OK\netag: "1"\n\n', '200 OK\netag: "2"\n\n'],
  ['limits', '200 OK\nx-ratelimit-remaining: 5\n\n', '200 OK\nx-ratelimit-remaining: 6\n\n'],
  ['a byte of the body', '200 OK\n\n{"a":1}', '200 OK\n\n{"a": 1}'],
  ['the number of a user who was not created here', '200 OK\n\n{"userId":1}', '200 OK\n\n{"userId":2}'],
  ['a text that looks like an entity tag', `200 OK\n\n{"a":"${HASHES[0]}"}`, `200 OK\n\n{"a":"${HASHES[1]}"}`],
];
for (const [what, one, other] of mayNot) {
  test(`${what} may not differ`, () => {
    assert.notEqual(difference([exchange('GET /users', one)], [exchange('GET /users', other)]), undefined);
  });
}

test('a difference is shown line by line, with the number of its exchange', () => {
  assert.equal(
    difference(createAndRead(7), [...createAndRead(7).slice(0, 2), ...createAndRead(7, 'Roe').slice(1)]),
    [
      'exchange 3 of 3 and 4:',
      ...['- GET /tasks?userId=#1', '+ GET /users/#1', '  ', '  ', '  =>', '  200 OK'],
      ...['- link: </tasks?userId=#1>; rel="first"', '+ etag: "1"', '  '],
      ...['- {"tasks":[]}', '+ {"userId":#1,"lastName":"Roe"}'],
    ].join('\n'),
  );
});

test('a missing or additional exchange is a difference', () => {
  const all = createAndRead(1);
  assert.match(difference(all, all.slice(0, 2)) as string, /^exchange 3 of 3 and 2:\n- GET \/tasks.*\n\+ nothing/);
  assert.match(difference(all.slice(0, 2), all) as string, /^exchange 3 of 2 and 3:\n- nothing\n\+ GET \/tasks/);
});

test('ids may have gaps, but must refer to the same users', () => {
  const two = (first: number, second: number, last: number) => [
    ...createAndRead(first),
    ...createAndRead(second),
    exchange(`DELETE /users/${last}`, '204 No Content\n\n'),
  ];
  assert.equal(difference(two(1, 2, 2), two(1, 5, 5)), undefined);
  assert.notEqual(difference(two(1, 2, 2), two(1, 5, 1)), undefined);
  const example = (n: number) => [...createAndRead(n), exchange('GET /openapi.json', '200 OK\n\n{"userId":1}')];
  assert.equal(difference(example(1), example(2)), undefined);
});

test('sequential exchanges are compared in order, overlapping ones as a set', () => {
  const both = (overlapped: boolean) =>
    ['1', '2'].map((name) => exchange('GET /x', `200 OK\n\n{"name":"${name}"}`, overlapped));
  assert.notEqual(difference(both(false), both(false).reverse()), undefined);
  assert.equal(difference(both(true), both(true).reverse()), undefined);
  const third = exchange('GET /x', '200 OK\n\n{"name":"3"}', true);
  assert.notEqual(difference(both(true), [both(true)[0] as Exchange, third]), undefined);
  // Of two concurrent creates, either may get the lower id.
  const created = (name: string, id: number) =>
    exchange(
      `POST /users\n\n${name}`,
      `201 Created\nlocation: /users/${id}\n\n{"userId":${id},"name":"${name}"}`,
      true,
    );
  assert.equal(difference([created('A', 1), created('B', 2)], [created('A', 2), created('B', 1)]), undefined);
});

test('a transcript records requests, responses and which of them overlapped', async () => {
  const transcript = new Transcript();
  const add = (request: string, response: Promise<string>) =>
    transcript.add(
      request,
      () => response,
      (text) => text,
    );
  const { promise, resolve } = Promise.withResolvers<string>();
  await add('alone', Promise.resolve('1'));
  const first = add('first', promise);
  await add('second', Promise.resolve('3'));
  resolve('2');
  assert.equal(await first, '2');
  await assert.rejects(add('fails', Promise.reject(new Error('cut'))), /cut/);
  assert.deepEqual(transcript.exchanges, [
    exchange('alone', '1'),
    exchange('first', '2', true),
    exchange('second', '3', true),
    exchange('fails', 'no response'),
  ]);
});

test('a formatted response shows a wrong Content-Length and bytes that are not text', () => {
  assert.equal(
    formatResponse('200 OK', { 'content-length': '3', etag: '"1"' }, Buffer.from('abc')),
    '200 OK\ncontent-length: the length of the body\netag: "1"\n\nabc',
  );
  assert.equal(
    formatResponse('200 OK', { 'content-length': '4' }, Buffer.from('abc')),
    '200 OK\ncontent-length: 4\n\nabc',
  );
  assert.equal(formatResponse('200 OK', {}, Buffer.from([0xff])), '200 OK\n\nbase64 /w==');
});
