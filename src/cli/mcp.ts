import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import manifest from '../../package.json' with { type: 'json' };
import { CliError } from './cli-error.ts';

const CHECK_TIMEOUT_MS = 10_000;

const JSON_BODY = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export interface McpOptions {
  /** Of a running service. */
  url: string;
  token: string;
}

/**
 * `mcp`: an MCP server on standard input and output, for clients that cannot use HTTP. It forwards to `/mcp` of a running
 * service, so the tools are those of the service's version.
 *
 * @throws CliError if the service does not accept the token or does not respond.
 */
export async function serveMcp({ url, token }: McpOptions): Promise<void> {
  const endpoint = new URL('mcp', url.endsWith('/') ? url : `${url}/`);
  const headers = { authorization: `Bearer ${token}` };
  await checkService(endpoint, headers);
  const client = new Client(
    { name: `${manifest.name}-stdio`, version: manifest.version },
    { versionNegotiation: { mode: 'auto' } },
  );
  await client.connect(new StreamableHTTPClientTransport(endpoint, { requestInit: { headers }, fetch: reach }));
  serveStdio(() => {
    const server = new Server(
      { name: manifest.name, version: client.getServerVersion()?.version ?? manifest.version },
      { capabilities: { tools: {} }, instructions: client.getInstructions() ?? '' },
    );
    server.setRequestHandler('tools/list', ({ params }) => client.listTools(params));
    server.setRequestHandler('tools/call', ({ params }) => client.callTool(params));
    return server;
  });
}

/** Like `fetch`, with an error that says what to do: the service may also stop later, and calls fail until it is back. */
async function reach(url: string | URL, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const { origin } = new URL(url);
    throw new CliError(`cannot reach ${origin}: ${cause?.code ?? message}. Start the service, or set --url`);
  }
}

async function checkService(endpoint: URL, headers: Record<string, string>): Promise<void> {
  const { origin } = endpoint;
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const response = await reach(endpoint, { method: 'POST', headers: { ...headers, ...JSON_BODY }, body: '{}', signal });
  if (response.status === 401) {
    throw new CliError(
      `${origin} does not accept the token. Issue one with task-api token create, and set TASK_API_TOKEN`,
    );
  }
  // An empty object is no message, but this service gets as far as saying so.
  if (response.status !== 400) throw new CliError(`${endpoint} responds with status ${response.status}. Check --url`);
}
