import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';
import { connectMcp } from '../support/mcp.ts';

/** The maximum size of `tools/list`, in tokens. */
const MAX_TOKENS = 3000;

/** Fewer than the tokenizers of large models need for JSON: they make 3.5 to 4.5 characters a token. */
const CHARACTERS_PER_TOKEN = 3;

for (const mode of ['legacy', { pin: '2026-07-28' }] as const) {
  const name = typeof mode === 'string' ? 'with a handshake' : 'without a handshake';
  test(`the SDK’s client lists and calls tools, ${name}`, async (t) => {
    const { app, token } = await testApp(t);
    const options = { versionNegotiation: { mode } };
    const { client, result } = await connectMcp(t, { app, token: await token(), options });
    assert.equal(client.getServerVersion()?.name, 'task-management-api');
    assert.equal((await client.listTools()).tools.length, 8);
    assert.deepEqual(await result('find_users'), { users: [] });
  });
}

test('tools/list takes less than 3,000 tokens', async (t) => {
  const { app, token } = await testApp(t);
  const { client } = await connectMcp(t, { app, token: await token() });
  const { length } = JSON.stringify(await client.listTools());
  assert.ok(length / CHARACTERS_PER_TOKEN < MAX_TOKENS, `${length} characters`);
});

test('every tool has annotations, and schemas without what only validation needs', async (t) => {
  const { app, token } = await testApp(t);
  const { client } = await connectMcp(t, { app, token: await token() });
  const { tools } = await client.listTools();
  for (const { name, annotations, inputSchema, outputSchema } of tools) {
    assert.equal(typeof annotations?.readOnlyHint, 'boolean', name);
    assert.equal(annotations?.readOnlyHint, /^(?:find|get|recent)_/.test(name), name);
    assert.doesNotMatch(JSON.stringify([inputSchema, outputSchema]), /x-items|Cs\}|"pattern"/, name);
  }
});

test('/mcp rejects what is no message', async (t) => {
  const { app, token, log } = await testApp(t);
  const headers = {
    authorization: `Bearer ${await token()}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  const send = (payload: string) => app.inject({ method: 'POST', url: '/mcp', headers, payload });
  const notJson = await send('{');
  assert.equal(notJson.statusCode, 400);
  assert.equal(notJson.json().error.code, -32700);
  for (const payload of ['null', '[]', '{}', '{"jsonrpc":"2.0","id":1}', '"x"']) {
    const response = await send(payload);
    assert.equal(response.statusCode, 400, payload);
    assert.equal(response.json().jsonrpc, '2.0', payload);
  }
  // Otherwise any client could fill the log with errors.
  assert.deepEqual(
    log.filter(({ level }) => Number(level) >= 50),
    [],
  );
  assert.equal((await send(JSON.stringify('x'.repeat(300 * 1024)))).statusCode, 413);
  const get = await app.inject({ url: '/mcp', headers });
  assert.deepEqual([get.statusCode, get.headers.allow], [405, 'OPTIONS, POST']);
});
