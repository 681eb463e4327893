import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '../../src/domain/tokens.ts';
import { TOOLS } from '../../src/mcp/server.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { AUDIENCE } from '../support/issuer.ts';
import { JOHNS, jwtTestApp } from '../support/jwt-app.ts';
import { connectMcp } from '../support/mcp.ts';

const ADA = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' };
const GRACE = { firstName: 'Grace', lastName: 'Hopper', contactEmail: 'grace@example.com' };
const task = (userId: number) => ({ userId, taskTitle: 'x', dueDate: '2026-04-01T09:00:00Z', warningOffset: 0 });

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const ACCEPT = { accept: 'application/json, text/event-stream' };

/** The tools of each kind of token. */
const TOOLS_OF: [scopes: Scope[], userToken: boolean, tools: string[]][] = [
  [['admin'], false, TOOLS.map(({ name }) => name)],
  [['tasks:read'], false, ['find_tasks', 'get_task', 'recent_changes']],
  [['tasks:write'], false, ['create_tasks', 'update_tasks', 'delete_tasks']],
  [['users:read'], false, ['find_users', 'recent_changes']],
  [['users:write'], false, ['create_users']],
  [['users:read', 'users:write'], true, ['find_users', 'recent_changes']],
];

testOnBothDatabases('a token may use the tools of its scopes only', async (t) => {
  const { app, token, post } = await testApp(t);
  await post('/users', ADA);
  for (const [scopes, userToken, names] of TOOLS_OF) {
    const session = await connectMcp(t, { app, token: await token({ scopes, userId: userToken ? 1 : null }) });
    const { tools } = await session.client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      names,
      String(scopes),
    );
    for (const { name } of TOOLS.filter(({ name }) => !names.includes(name))) {
      assert.match(await session.failure(name), /^This token may not use /, `${name} with ${scopes}`);
    }
  }
});

testOnBothDatabases('a user token finds and changes the data of its user only', async (t) => {
  const { app, token, post } = await testApp(t);
  await post('/users/batch', { users: [ADA, GRACE] });
  await post('/tasks/batch', { tasks: [task(1), task(2)] });
  const scopes: Scope[] = ['users:read', 'tasks:read', 'tasks:write'];
  const { result, failure } = await connectMcp(t, { app, token: await token({ scopes, userId: 1 }) });
  assert.deepEqual(await result('find_users'), { users: [{ userId: 1, ...ADA }] });
  const { tasks } = await result<{ tasks: { userId: number }[] }>('find_tasks');
  assert.deepEqual(
    tasks.map(({ userId }) => userId),
    [1],
  );
  const forbidden = 'You do not have permission to access this resource';
  assert.equal(await failure('get_task', { taskId: 2 }), forbidden);
  assert.equal(await failure('update_tasks', { tasks: [{ taskId: 2, taskTitle: 'y' }] }), forbidden);
  assert.equal(await failure('create_tasks', { tasks: [task(2)] }), forbidden);
  assert.equal(await failure('delete_tasks', { taskIds: [2] }), forbidden);
});

test('without a valid token, the response names the metadata of the protected resource', async (t) => {
  const { app } = await testApp(t);
  const response = await app.inject({ method: 'POST', url: '/mcp', headers: ACCEPT, payload: INITIALIZE });
  assert.equal(response.statusCode, 401);
  const challenge = String(response.headers['www-authenticate']);
  const url = /^Bearer resource_metadata="(.*)"$/.exec(challenge)?.[1] as string;
  assert.equal(url, 'http://localhost:80/.well-known/oauth-protected-resource/mcp');
  const metadata = await app.inject({ url: new URL(url).pathname });
  assert.deepEqual(metadata.json(), {
    resource: 'http://localhost:80/mcp',
    scopes_supported: ['users:read', 'users:write', 'tasks:read', 'tasks:write', 'admin'],
    bearer_methods_supported: ['header'],
    resource_name: 'Task Management API',
  });
});

test('JWTs of the provider are accepted, for the right audience only', async (t) => {
  const { app, issuer, clock } = await jwtTestApp(t);
  const metadata = await app.inject({ url: '/.well-known/oauth-protected-resource/mcp' });
  assert.deepEqual(metadata.json().authorization_servers, [issuer.url]);

  const jwt = await issuer.sign(JOHNS, { now: clock.now });
  const { client, result } = await connectMcp(t, { app, token: jwt });
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['find_tasks', 'get_task', 'find_users', 'recent_changes'],
  );
  assert.equal((await result<{ users: object[] }>('find_users')).users.length, 1);

  const other = await issuer.sign({ ...JOHNS, aud: `${AUDIENCE}/other` }, { now: clock.now });
  const headers = { ...ACCEPT, authorization: `Bearer ${other}` };
  assert.equal((await app.inject({ method: 'POST', url: '/mcp', headers, payload: INITIALIZE })).statusCode, 401);
});

test('pages of other origins are rejected, against DNS rebinding', async (t) => {
  const { app, token } = await testApp(t, { settings: { corsOrigins: 'https://app.example.com' } });
  const authorization = `Bearer ${await token()}`;
  const status = async (origin: string) => {
    const headers = { ...ACCEPT, authorization, origin, host: 'tasks.example.com' };
    return (await app.inject({ method: 'POST', url: '/mcp', headers, payload: INITIALIZE })).statusCode;
  };
  assert.equal(await status('https://app.example.com'), 200);
  assert.equal(await status('https://tasks.example.com'), 200, 'its own');
  assert.equal(await status('https://evil.example.com'), 403);
  assert.equal(await status('null'), 403);
});

test('a call counts as one request, and as one for each request that it makes', async (t) => {
  const { app, token, log } = await testApp(t);
  const basic = await token({ plan: 'basic' });
  const { result, failure } = await connectMcp(t, { app, token: basic });
  const used = () => log.filter(({ msg }) => msg === 'request').length;
  const before = used();
  await result('find_users');
  assert.equal(used() - before, 2);
  while (used() < 59) await result('find_users');
  assert.match(await failure('find_users'), /^Rate limit exceeded\. Try again in \d+ seconds/);
  assert.ok(!JSON.stringify(log).includes(basic), 'the log has no token');
});

test('the audit shows which client of the provider made a change', async (t) => {
  const { app, issuer, request } = await jwtTestApp(t);
  const claims = { ...JOHNS, scope: 'tasks:write', azp: 'other', client_id: 'assistant' };
  const { result } = await connectMcp(t, { app, token: await issuer.sign(claims) });
  await result('create_tasks', { tasks: [task(1)] });
  const { audit } = (await request({ url: '/audit?_sort=-sequence&_perPage=1' })).json();
  assert.match(audit[0].actor, /^jwt:[0-9a-f]{32} assistant$/);
});
