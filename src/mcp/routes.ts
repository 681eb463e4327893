import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { SCOPES } from '../domain/tokens.ts';
import { forbidden } from '../http/errors/api-error.ts';
import type { McpHandler } from './handler.ts';

/** 50 tasks with the longest texts. */
const MAX_BODY_BYTES = 256 * 1024;

const PATH = '/mcp';
const METADATA_PATH = `/.well-known/oauth-protected-resource${PATH}`;

/** JSON-RPC 2.0, section 5.1. */
const PARSE_ERROR = -32700;

export interface McpRoutesOptions {
  /** The OpenID Connect provider, if there is one. */
  issuer: string | undefined;
  /** Origins of pages that may use the API: values of the `Origin` header, or patterns; `*` for all. */
  origins: readonly (string | RegExp)[];
  logger: Pick<Logger, 'debug' | 'error'>;
}

/**
 * `/mcp`: tools for agents, over the Streamable HTTP transport of the Model Context Protocol, without sessions
 * (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports). A tool sends requests to this API with the
 * caller's token, inside the process.
 */
export const mcpRoutes: FastifyPluginAsync<McpRoutesOptions> = async (app, { issuer, origins, logger }) => {
  let handler: Promise<McpHandler> | undefined;
  app.addHook('onClose', async () => (await handler)?.close());

  // By this header, clients find the provider (RFC 9728, section 5.1).
  app.addHook('onSend', async (request, reply) => {
    const challenge = reply.getHeader('www-authenticate');
    if (challenge === undefined) return;
    const separator = challenge === 'Bearer' ? ' ' : ', ';
    reply.header('www-authenticate', `${challenge}${separator}resource_metadata="${baseUrl(request)}${METADATA_PATH}"`);
  });

  app.post(
    PATH,
    {
      // The required scope depends on the tool.
      config: { public: false },
      schema: { hide: true },
      bodyLimit: MAX_BODY_BYTES,
      onRequest: async (request) => {
        if (!isAllowedOrigin(request, origins)) throw forbidden();
      },
    },
    async (request, reply) => {
      if (request.bodyError !== null) return reply.code(400).send(parseError(request.bodyError));
      // Imported at the first request, because the library takes memory.
      handler ??= import('./handler.ts').then(({ createHandler }) => createHandler(app, logger));
      return send(reply, await (await handler).handle(request, `${baseUrl(request)}${PATH}`));
    },
  );

  app.get(METADATA_PATH, { config: { public: true }, schema: { hide: true } }, async (request) => ({
    resource: `${baseUrl(request)}${PATH}`,
    ...(issuer !== undefined && { authorization_servers: [issuer] }),
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: 'Task Management API',
  }));
};

/** Where the client reaches this service. */
function baseUrl({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}

/** Against DNS rebinding: pages of other origins may not use the tools, unless they may use the API. */
function isAllowedOrigin({ headers, host }: FastifyRequest, origins: McpRoutesOptions['origins']): boolean {
  const { origin } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  if (origins.some((allowed) => allowed instanceof RegExp && allowed.test(origin))) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function parseError(why: string): object {
  return { jsonrpc: '2.0', error: { code: PARSE_ERROR, message: `The request body must be JSON; ${why}` }, id: null };
}

function send(reply: FastifyReply, response: Response): FastifyReply {
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== 'connection') reply.header(name, value);
  return reply.send(response.body === null ? null : Readable.fromWeb(response.body as ReadableStream));
}
