import assert from 'node:assert/strict';
import { testApp } from '../../support/app.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';
import { JOHN, REPORT } from '../../support/examples.ts';

const holds: [header: string, status: number][] = [
  ['"1"', 304],
  ['W/"1"', 304],
  ['*', 304],
  ['"0", W/"1"', 304],
  ['"0","1"', 304],
  ['"2"', 200],
  ['1', 200],
  ['null', 200],
  ['', 200],
];

for (const url of ['/users/1', '/tasks/1']) {
  testOnBothDatabases(`GET ${url} with If-None-Match gets 304 until the resource changes`, async (t) => {
    const { post, request } = await testApp(t);
    await post('/users', JOHN);
    await post('/tasks', REPORT);
    for (const [header, status] of holds) {
      for (const method of ['GET', 'HEAD'] as const) {
        const response = await request({ method, url, headers: { 'if-none-match': header } });
        assert.equal(response.statusCode, status, header);
        assert.equal(response.headers.etag, '"1"');
        assert.equal(response.body === '', status === 304 || method === 'HEAD');
      }
    }
  });
}
