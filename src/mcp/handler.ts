import { createMcpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ApiError } from '../http/errors/api-error.ts';
import { traceparentOf } from '../tracing/request-trace.ts';
import { createMcpServer } from './server.ts';
import { type ApiRequest, type CallApi, toToolError } from './tool.ts';

/** Handles MCP messages. Messages of one request share nothing with other requests. */
export interface McpHandler {
  /** @param url where the client reaches the MCP server. */
  handle: (request: FastifyRequest, url: string) => Promise<Response>;
  close: () => Promise<void>;
}

export function createHandler(app: FastifyInstance, logger: Pick<Logger, 'debug' | 'error'>): McpHandler {
  const requests = new WeakMap<Request, FastifyRequest>();
  const handler = createMcpHandler(
    ({ requestInfo }) => {
      const request = requests.get(requestInfo as Request) as FastifyRequest;
      return createMcpServer(request, apiCaller(app, request));
    },
    // The tools of a token do not change while a client is connected, so there is nothing to subscribe to.
    {
      maxSubscriptions: 0,
      onerror: (error) => {
        if (isRejection(error)) logger.debug({ err: error }, 'MCP request rejected');
        else logger.error({ err: error }, 'MCP request failed');
      },
    },
  );
  return {
    handle(request, url) {
      const converted = new Request(url, { method: 'POST', headers: headersOf(request) });
      requests.set(converted, request);
      return handler.fetch(converted, { parsedBody: request.body });
    },
    close: () => handler.close(),
  };
}

/** Whether the client sent what is no message: not an error of the service. The library has no class for it. */
function isRejection({ message }: Error): boolean {
  return message.startsWith('Rejected inbound request');
}

/** The headers that the protocol defines. The token is not among them. */
function headersOf({ headers }: FastifyRequest): Record<string, string> {
  const names = Object.keys(headers).filter((name) => /^(?:accept|content-type|mcp-.*)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, String(headers[name])]));
}

/** Sends requests to this API with the caller's token, address and trace. They count for the rate limit and are logged. */
function apiCaller(app: FastifyInstance, request: FastifyRequest): CallApi {
  return async ({ method, path, query = {}, body, headers }: ApiRequest) => {
    const traceparent = traceparentOf(request);
    const parameters = Object.entries(query).filter(([, value]) => value !== undefined);
    const response = await app.inject({
      method,
      url: path,
      query: Object.fromEntries(parameters.map(([name, value]) => [name, String(value)])),
      headers: {
        ...headers,
        // An agent acts on what it reads, and the next request may reach another process.
        'cache-control': 'no-cache',
        authorization: String(request.headers.authorization),
        host: String(request.headers.host),
        ...(traceparent !== undefined && { traceparent }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      remoteAddress: request.ip,
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    if (response.statusCode < 400) return response;
    throw toToolError(response.json<ApiError>());
  };
}
