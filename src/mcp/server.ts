import { type Tool as ListedTool, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import type { FastifyRequest } from 'fastify';
import type { TObject } from 'typebox';
import manifest from '../../package.json' with { type: 'json' };
import type { Principal } from '../domain/principal.ts';
import { combine } from '../http/errors/api-error.ts';
import { bodyErrors, type ValidationFailure } from '../http/errors/validation.ts';
import { CHANGE_TOOLS } from './change-tools.ts';
import { publishInput, publishOutput } from './published-schema.ts';
import { TASK_TOOLS } from './task-tools.ts';
import { type CallApi, mayUse, type Tool, ToolError, toToolError } from './tool.ts';
import { USER_TOOLS } from './user-tools.ts';

export const TOOLS: readonly Tool[] = [...TASK_TOOLS, ...USER_TOOLS, ...CHANGE_TOOLS];

const INSTRUCTIONS =
  'Users own tasks. Find the user first, then their tasks. Times are ISO 8601; without a time zone, they are UTC.';

/** The tools as `tools/list` shows them. */
const LISTED = new Map<Tool, ListedTool>(
  TOOLS.map((tool) => {
    const { name, description, annotations, input, output } = tool;
    return [
      tool,
      { name, description, annotations, inputSchema: publishInput(input), outputSchema: publishOutput(output) },
    ];
  }),
);

/**
 * The MCP server for one request. The tools are those that its token may use.
 *
 * @param call sends requests to the API with that token.
 */
export function createMcpServer(request: FastifyRequest, call: CallApi): Server {
  const principal = request.principal as Principal;
  const usable = TOOLS.filter((tool) => mayUse(principal, tool));
  const server = new Server(
    { name: manifest.name, version: manifest.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', () => ({ tools: usable.map((tool) => LISTED.get(tool) as ListedTool) }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    const tool = TOOLS.find(({ name }) => name === params.name);
    if (tool === undefined) {
      const names = usable.map(({ name }) => name).join(', ');
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no such tool. The tools are ${names}`);
    }
    if (!usable.includes(tool))
      return failure(`This token may not use ${tool.name}. It needs ${tool.scopes.join(' or ')}`);
    try {
      const args = validArguments(request, tool, params.arguments ?? {});
      const result = await tool.run(args as never, call);
      return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: { ...result } };
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return failure(error.invalid ? `${error.message}\nExample: ${JSON.stringify(tool.example)}` : error.message);
    }
  });
  return server;
}

/** @throws ToolError that names each invalid argument. */
function validArguments(request: FastifyRequest, { input }: Tool, args: unknown): unknown {
  const validate = request.compileValidationSchema(input as object);
  if (validate(args)) return args;
  throw toToolError(combine(bodyErrors((validate.errors ?? []) as ValidationFailure[], input as TObject)));
}

function failure(text: string) {
  return { content: [{ type: 'text' as const, text }], isError: true };
}
