import type { TestContext } from 'node:test';
import {
  type CallToolResult,
  Client,
  type ClientOptions,
  type FetchLike,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import type { FastifyInstance } from 'fastify';

export interface McpSession {
  client: Client;
  /** Calls a tool. */
  call: (name: string, args?: object) => Promise<CallToolResult>;
  /** The result of a call that succeeds. */
  result: <T>(name: string, args?: object) => Promise<T>;
  /** The text of a call that fails. */
  failure: (name: string, args?: object) => Promise<string>;
}

/** Connects the SDK's client to `/mcp` of an application that need not listen. It is closed when the test ends. */
export async function connectMcp(
  t: TestContext,
  { app, token, options = {} }: { app: FastifyInstance; token: string; options?: ClientOptions },
): Promise<McpSession> {
  const client = new Client({ name: 'test', version: '1.0.0' }, options);
  const url = new URL('http://localhost:3000/mcp');
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers }, fetch: fetchFrom(app) }));
  t.after(() => client.close());
  const call = async (name: string, args: object = {}) =>
    (await client.callTool({ name, arguments: args as Record<string, unknown> })) as CallToolResult;
  return {
    client,
    call,
    async result<T>(name: string, args?: object) {
      const result = await call(name, args);
      if (result.isError) throw new Error(textOf(result));
      return result.structuredContent as T;
    },
    async failure(name, args) {
      const result = await call(name, args);
      if (!result.isError) throw new Error(`${name} did not fail`);
      return textOf(result);
    },
  };
}

function textOf({ content }: CallToolResult): string {
  const [first] = content;
  return first?.type === 'text' ? first.text : '';
}

/** A `fetch` that sends requests to an application. */
function fetchFrom(app: FastifyInstance): FetchLike {
  return async (url, init) => {
    const response = await app.inject({
      method: (init?.method ?? 'GET') as 'GET',
      url: new URL(url).pathname,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), host: new URL(url).host },
      ...(typeof init?.body === 'string' && { payload: init.body }),
    });
    const body = response.body === '' ? null : response.body;
    return new Response(body, { status: response.statusCode, headers: response.headers as Record<string, string> });
  };
}
