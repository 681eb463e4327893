import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { testApp } from '../support/app.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';

const INSERT = `INSERT INTO changes (at, type, actor, user_id) VALUES (0, 'user.updated', 'test', 1)`;

/** Begins a transaction that writes to the change log. Returns a function that commits it. */
async function openTransaction(t: TestContext, file: string, databaseUrl: string): Promise<() => Promise<void>> {
  if (engineOf(t) === 'sqlite') {
    const db = new DatabaseSync(file);
    db.exec(`BEGIN IMMEDIATE; ${INSERT}`);
    return async () => {
      db.exec('COMMIT');
      db.close();
    };
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`BEGIN; ${INSERT}`);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

/** An application with a user, and a function that reads the events after that user's. */
async function openApp(t: TestContext) {
  const tested = await testApp(t);
  const text = await tested.token({ scopes: ['users:read'] });
  assert.equal((await tested.post('/users', JOHN)).statusCode, 201);
  const { headers } = await tested.request({ url: '/events' });
  const [, after] = /_after=(\d+)[^,]*rel="last"/.exec(String(headers.link)) ?? [];
  const url = `/events?_after=${after}`;
  return { ...tested, text, url, read: () => tested.request({ url }) };
}

testOnBothDatabases(
  'while another transaction writes to the change log, no event is skipped or reported as missing',
  {
    responsesDiffer: 'in SQLite nothing else is written meanwhile',
  },
  async (t) => {
    const { app, post, text, url, read, file, databaseUrl } = await openApp(t);
    const origin = await app.listen({ host: '127.0.0.1', port: 0 });
    const stream = new AbortController();
    const headers = { authorization: `Bearer ${text}`, accept: 'text/event-stream' };
    const { body } = await fetch(`${origin}${url}`, { headers, signal: stream.signal });
    try {
      const commit = await openTransaction(t, file, databaseUrl);
      const second = post('/users', { ...JOHN, contactEmail: 'second@example.com' });
      if (engineOf(t) === 'postgres') {
        assert.equal((await second).statusCode, 201);
        // The event of the second user is committed, but must not be returned before that of the open transaction.
        const response = await read();
        assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '1']);
      } else {
        // The second user is not created yet.
        const response = await read();
        assert.deepEqual([response.statusCode, response.json()], [200, { events: [] }]);
      }
      await commit();
      assert.equal((await second).statusCode, 201);
      const { events } = (await read()).json() as { events: { sequence: number; type: string }[] };
      assert.deepEqual(
        events.map(({ type }) => type),
        ['user.updated', 'user.created'],
      );
      let sent = '';
      for await (const chunk of body as ReadableStream<Uint8Array>) {
        sent += Buffer.from(chunk).toString();
        if (sent.includes('second@example.com')) break;
      }
      const streamed = [...sent.matchAll(/^id: (\d+)\nevent/gm)].map(([, id]) => Number(id));
      assert.deepEqual(
        streamed,
        events.map(({ sequence }) => sequence),
      );
    } finally {
      // The application closes after the stream ends.
      stream.abort();
    }
  },
);

testOnBothDatabases('an open transaction in the change log hides no events if there are no new ones', async (t) => {
  const { read, file, databaseUrl } = await openApp(t);
  const commit = await openTransaction(t, file, databaseUrl);
  const response = await read();
  assert.deepEqual([response.statusCode, response.json()], [200, { events: [] }]);
  await commit();
});
