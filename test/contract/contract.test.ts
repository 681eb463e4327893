import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import fc from '../support/fast-check.ts';
import { waitFor } from '../support/wait-for.ts';
import { findViolation } from './check.ts';
import { readOperations } from './document.ts';
import { type GeneratedRequest, requestsOf, type TokenKind } from './generate.ts';

/** How many requests are sent; `CONTRACT_REQUESTS=200000 npm test` sends more than the suite's own few. */
const COUNT = Number(process.env.CONTRACT_REQUESTS || 2_500);
const BATCH = 500;

/** An id that no resource gets, for resources that do not exist yet. */
const UNUSED_ID = 1_000_000;

const ALL_TOKENS = {
  filter: {},
  sort: [{ field: 'tokenId' as const, descending: false }],
  from: { offset: 0 },
  limit: 100,
  count: false,
};

testOnBothDatabases(
  'every response to a generated request is as the document says',
  { timeout: 3_600_000 },
  async (t) => {
    const { app, post, token, store } = await testApp(t);
    const document = (await app.inject({ url: '/openapi.json' })).json();
    // Not health, which is public, and the status, which names the database; not what issues tokens, or rotates or revokes
    // those that this test uses; not what takes a URL, which the generator does not know to make.
    const left = new Set([
      'getLiveness',
      'getReadiness',
      'getStatus',
      'issueToken',
      'rotateToken',
      'revokeToken',
      'createWebhook',
      'updateWebhook',
    ]);
    const operations = readOperations(document).filter(({ id }) => !left.has(id));
    assert.ok(operations.length >= 15);
    await post('/users', JOHN);
    const tokens: Partial<Record<TokenKind, string>> = {
      admin: await token(),
      reader: await token({ scopes: ['users:read', 'tasks:read'] }),
      bound: await token({ scopes: ['users:read', 'users:write', 'tasks:read', 'tasks:write'], userId: 1 }),
      limited: await token({ plan: 'basic' }),
      unknown: 'tmapi_1_unknown',
    };

    const created = { user: ['1'], task: [] as string[] };
    /** A generated id means the first that was created, the second and so on: databases may leave numbers out. */
    const nthId = (kind: 'user' | 'task', nth: number) => created[kind][nth - 1] ?? String(UNUSED_ID + nth);
    const withIds = (text: string) =>
      text
        // Databases may leave sequence numbers out, so a generated one is not the same event in both.
        .replace(/\b_after=[1-9]\d{0,5}\b/, '_after=0')
        .replace(/"taskIds":\[[\d,]+\]/, (ids) => ids.replaceAll(/\d+/g, (nth) => nthId('task', Number(nth))))
        .replace(/\b(user|task)(s\/|Id=|Id":)([1-9]\d?)(?![\w.])/g, (_, kind: 'user' | 'task', between, nth) => {
          return `${kind}${between}${nthId(kind, Number(nth))}`;
        });

    async function send({ operation, url, token: kind, headers, payload }: GeneratedRequest) {
      const bearer = tokens[kind];
      const response = await app.inject({
        method: operation.method as 'GET',
        url: withIds(url),
        headers: {
          ...headers,
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...(payload !== undefined && { 'content-type': 'application/json' }),
        },
        ...(payload !== undefined && { payload: withIds(payload) }),
      });
      const [, one, id] = /^\/(user|task)s\/(\d+)$/.exec(String(response.headers.location)) ?? [];
      if (id !== undefined) created[one as 'user' | 'task'].push(id);
      if (operation.id === 'createUsers' && response.statusCode === 201) {
        for (const { userId } of response.json().users) created.user.push(String(userId));
      }
      if (operation.id === 'createTasks' && response.statusCode === 201) {
        for (const { taskId } of response.json().tasks) created.task.push(String(taskId));
      }
      return response;
    }

    // The first use of a token is recorded asynchronously, and then shown in lists of tokens.
    const used = Object.keys(tokens).filter((kind) => kind !== 'unknown') as TokenKind[];
    for (const kind of used) await app.inject({ url: '/whoami', headers: { authorization: `Bearer ${tokens[kind]}` } });
    await waitFor(
      async () => (await store.tokens.list(ALL_TOKENS)).items.every(({ lastUsedAt }) => lastUsedAt !== null),
      {
        message: 'the last uses are not recorded',
      },
    );
    const statuses: Record<string, number> = {};
    const seed = Number(process.env.CONTRACT_SEED || 1);
    for (let sent = 0; sent < COUNT; sent += BATCH) {
      for (const request of fc.sample(requestsOf(operations), { seed: seed + sent, numRuns: BATCH })) {
        const response = await send(request);
        const { operation, url, token: kind, payload } = request;
        const what = `${operation.method} ${url} by ${kind} with ${payload} → ${response.statusCode} ${response.body}`;
        assert.equal(findViolation(request, response), undefined, what);
        const counted = `${operation.id} ${response.statusCode}`;
        statuses[counted] = (statuses[counted] ?? 0) + 1;
      }
    }
    t.diagnostic(JSON.stringify(statuses));
    // The generator is of no use if it never gets through.
    const successes = [
      ...['createUsers 201', 'createUsers 200', 'createTasks 201', 'createTasks 200', 'updateTasks 200'],
      ...['deleteTasks 204', 'deleteTasks 200'],
    ];
    for (const success of [
      ...successes,
      'createUser 201',
      'updateUser 200',
      'deleteUser 204',
      'createTask 201',
      'updateTask 200',
    ]) {
      assert.ok((statuses[success] ?? 0) > 0, success);
    }
  },
);
