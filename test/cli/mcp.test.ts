import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { testApp } from '../support/app.ts';
import { runCli } from '../support/cli.ts';
import { findFreePort } from '../support/free-port.ts';
import { MAIN, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function listen(t: TestContext) {
  const { app, token } = await testApp(t);
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), token };
}

test('task-api mcp forwards the tools of a running service', async (t) => {
  const { url, token } = await listen(t);
  const client = new Client({ name: 'test', version: '1.0.0' });
  const env = { TASK_API_TOKEN: await token({ scopes: ['users:read'] }) };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, 'mcp', '--url', url], env }));
  t.after(() => client.close());
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['find_users', 'recent_changes'],
  );
  const found = await client.callTool({ name: 'find_users', arguments: {} });
  assert.deepEqual(found.structuredContent, { users: [] });
  const failed = await client.callTool({ name: 'find_tasks', arguments: {} });
  assert.ok(failed.isError);
});

test('task-api mcp reports calls while the service is down, and goes on when it is back', async (t) => {
  const databaseFile = join(tempFolder(t), 'task-api.db');
  const port = String(await findFreePort());
  const start = () => startServer({ databaseFile, args: ['--port', port] });
  const first = await start();
  t.after(() => first.stop('SIGKILL'));
  const client = new Client({ name: 'test', version: '1.0.0' });
  const args = [MAIN, 'mcp', '--url', first.url, '--token', 'your-token-here'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  t.after(() => client.close());
  const find = () => client.callTool({ name: 'find_users', arguments: {} });
  await first.stop('SIGKILL');
  await assert.rejects(
    find(),
    /cannot reach http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\. Start the service, or set --url/,
  );
  const second = await start();
  t.after(() => second.stop());
  assert.deepEqual((await find()).structuredContent, { users: [] });
});

test('task-api mcp reports a rejected token and an unreachable service', async (t) => {
  const { url } = await listen(t);
  const rejected = await runCli(['mcp', '--url', url, '--token', 'wrong']);
  assert.equal(rejected.code, 1);
  assert.match(
    rejected.stderr,
    /^task-api: http:\/\/127\.0\.0\.1:\d+ does not accept the token\. Issue one with task-api token create/,
  );
  const unreachable = await runCli(['mcp', '--url', `http://127.0.0.1:${await findFreePort()}`, '--token', 'any']);
  assert.equal(unreachable.code, 1);
  assert.match(
    unreachable.stderr,
    /^task-api: cannot reach http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\. Start the service, or set --url\n$/,
  );
});
