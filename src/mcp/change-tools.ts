import type { Static } from 'typebox';
import { EVENT_SCOPES, type Event } from '../events/event.ts';
import { Type } from '../type.ts';
import { DEFAULT_LIMIT, limit } from './arguments.ts';
import { type CallApi, type Tool, ToolError } from './tool.ts';

/** How far back the newest changes are searched for, because a token may not see all of them. */
const WINDOWS = [100, 1000];

const Row = Type.Object({
  sequence: Type.Integer(),
  timestamp: Type.String(),
  type: Type.String(),
  userId: Type.Optional(Type.Integer()),
  taskId: Type.Optional(Type.Integer()),
  taskTitle: Type.Optional(Type.String()),
  taskStatus: Type.Optional(Type.String()),
});

const Arguments = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only changes after this `sequence`. Without it: the newest',
      }),
    ),
    limit,
  },
  { additionalProperties: false },
);

const recentChanges: Tool<Static<typeof Arguments>> = {
  name: 'recent_changes',
  description: 'What changed: users and tasks created, updated, completed or deleted, oldest first.',
  scopes: EVENT_SCOPES,
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: Arguments,
  output: Type.Object({ changes: Type.Array(Row) }),
  example: { limit: 10 },
  async run({ after, limit = DEFAULT_LIMIT }, call) {
    const events = after === undefined ? await newest(limit, call) : await page(after, limit, call);
    return { changes: events.map(toRow) };
  },
};

async function page(after: number, count: number, call: CallApi): Promise<Event[]> {
  const response = await call({ method: 'GET', path: '/events', query: { _after: after, _perPage: count } });
  return response.json<{ events: Event[] }>().events;
}

async function newest(count: number, call: CallApi): Promise<Event[]> {
  const response = await call({ method: 'GET', path: '/events', query: { _perPage: 1 } });
  const last = Number(/_after=(\d+)[^>]*>; rel="last"/.exec(String(response.headers.link))?.[1]);
  let found: Event[] = [];
  for (const window of WINDOWS) {
    found = await pageOrOldest(Math.max(0, last - window), window, call);
    if (found.length >= count || window >= last) break;
  }
  return found.slice(-count);
}

/** The events after a sequence or, if some of them were pruned, the oldest ones that are kept. */
async function pageOrOldest(after: number, count: number, call: CallApi): Promise<Event[]> {
  try {
    return await page(after, count, call);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'EVENTS_EXPIRED') return page(0, count, call);
    throw error;
  }
}

function toRow({ sequence, timestamp, type, data }: Event): Static<typeof Row> {
  const { userId, taskId, taskTitle, taskStatus } = data as Partial<Static<typeof Row>>;
  return {
    ...{ sequence, timestamp, type },
    ...(userId !== undefined && { userId }),
    ...(taskId !== undefined && { taskId }),
    ...(taskTitle !== undefined && { taskTitle }),
    ...(taskStatus !== undefined && { taskStatus }),
  };
}

export const CHANGE_TOOLS: readonly Tool[] = [recentChanges];
