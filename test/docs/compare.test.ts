import assert from 'node:assert';
import { describe, test } from 'node:test';
import { assertOutput } from './compare.ts';
import type { Output } from './steps.ts';

const REQUEST_ID = 'req-3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const OTHER_REQUEST_ID = 'req-8d9f2b1c-0a3e-4c5d-8e7f-123456789abc';
const RESPONSE = [
  'HTTP/1.1 201 Created',
  'location: /users/1',
  'x-ratelimit-limit: 1000',
  'x-ratelimit-remaining: 998',
  `Date: ${new Date().toUTCString()}`,
  '',
  '{"userId":1}',
].join('\r\n');

const same: [what: string, language: Output, printed: string, shown: string][] = [
  ['text up to spaces at the ends of lines', 'text', 'a \nb\n', 'a\nb'],
  ['JSON however it is laid out', 'json', '{"a":[1,2]}', '{\n  "a": [1, 2]\n}'],
  ['request ids', 'json', `{"requestId":"${REQUEST_ID}"}`, `{"requestId":"${OTHER_REQUEST_ID}"}`],
  ['the present time', 'text', new Date().toISOString(), '2026-01-31T12:00:00.000Z'],
  ['tokens', 'text', 'tmapi_1_abcDEF', 'tmapi_7_ghiJKL'],
  ['the seconds to wait', 'json', '"Try again in 17 seconds"', '"Try again in 30 seconds"'],
  ['… inside a line', 'text', 'port 4711 is free', 'port … is free'],
  ['… for lines, or none', 'text', 'a\nb\nc\nd', 'a\n…\nd\n…'],
  [
    'a response, the headers shown only',
    'http',
    RESPONSE,
    'HTTP/1.1 201 Created\nLocation: /users/1\n\n{ "userId": 1 }',
  ],
  ['rate limits', 'http', RESPONSE, 'HTTP/1.1 201 Created\nX-RateLimit-Remaining: 999\n\n…'],
  ['the Date of a response', 'http', RESPONSE, 'HTTP/1.1 201 Created\nDate: Sat, 31 Jan 2026 12:00:00 GMT\n\n…'],
  ['a response without a body', 'http', 'HTTP/1.1 204 No Content\r\nA: b\r\n\r\n', 'HTTP/1.1 204 No Content'],
];

const different: [what: string, language: Output, printed: string, shown: string][] = [
  ['text', 'text', 'a\nb', 'a\nc'],
  ['a line more', 'text', 'a\nb', 'a'],
  ['a line less', 'text', 'a', 'a\nb'],
  ['space at the start of a line', 'text', 'a\n b', 'a\nb'],
  ['a JSON value', 'json', '{"a":1}', '{"a":2}'],
  ['a JSON property more', 'json', '{"a":1,"b":2}', '{"a":1}'],
  ['a JSON type', 'json', '{"a":1}', '{"a":"1"}'],
  ['what is not JSON', 'json', 'HTTP/1.1 200 OK\n\n{}', '{}'],
  ['what is no request id', 'text', 'req-1', REQUEST_ID],
  ['a time that is not the present', 'text', '2026-06-01T09:00:00Z', '2026-06-01T10:00:00Z'],
  ['what is no time', 'text', 'never', '2026-06-01T10:00:00Z'],
  ['what is no token', 'text', 'your-token-here', 'tmapi_7_ghiJKL'],
  ['what stands beside …', 'text', 'port 4711 is taken', 'port … is free'],
  ['lines that … does not reach', 'text', 'a\nb\nc', '…\nb'],
  ['a status', 'http', RESPONSE, 'HTTP/1.1 200 OK\n\n…'],
  ['a header', 'http', RESPONSE, 'HTTP/1.1 201 Created\nLocation: /users/2\n\n…'],
  ['a header that is not there', 'http', RESPONSE, 'HTTP/1.1 201 Created\nETag: "1"\n\n…'],
  ['a limit', 'http', RESPONSE, 'HTTP/1.1 201 Created\nX-RateLimit-Limit: 60\n\n…'],
  ['a body', 'http', RESPONSE, 'HTTP/1.1 201 Created\n\n{"userId": 2}'],
  ['a body that is not shown', 'http', RESPONSE, 'HTTP/1.1 201 Created'],
  ['what is no response', 'http', '{"userId":1}', 'HTTP/1.1 201 Created\n\n{"userId":1}'],
];

describe('an output shown holds for', () => {
  for (const [what, language, printed, shown] of same) {
    test(what, () => assertOutput(language, printed, shown));
  }
});

describe('an output shown differs in', () => {
  for (const [what, language, printed, shown] of different) {
    test(what, () => assert.throws(() => assertOutput(language, printed, shown)));
  }
});

test('the failure says what was shown and what was printed', () => {
  assert.throws(() => assertOutput('text', 'this', 'that'), {
    message: 'The document shows another output.\n\nShown:\nthat\n\nPrinted:\nthis\n',
    actual: 'this',
    expected: 'that',
  });
});
