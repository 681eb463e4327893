import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import type { Change, ChangeFilter, Values } from '../domain/changes.ts';
import type { Store } from '../domain/store.ts';
import { formatInstant, toMilliseconds } from '../formats/date-time.ts';
import { notFound } from '../http/errors/api-error.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { cursorRule, type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { TaskParams } from '../tasks/schema.ts';
import { listAudit, listHistory } from './operations.ts';
import { AuditParameters, AuditSchema, HistoryParameters, HistorySchema } from './schema.ts';

const AUDIT: ListResource<Change, 'sequence', ChangeFilter> = {
  path: () => '/audit',
  name: 'audit',
  id: 'sequence',
  kinds: { sequence: 'number' },
  sortValue: ({ sequence }) => sequence,
  filter({ query }) {
    const { userId, taskId, type, actor, changedAfter, changedBefore } = query as Static<typeof AuditParameters>;
    const filter: ChangeFilter = {};
    if (userId !== undefined) filter.userId = userId;
    if (taskId !== undefined) filter.taskId = taskId;
    if (type !== undefined) filter.types = type;
    if (actor !== undefined) filter.actor = actor;
    if (changedAfter !== undefined) filter.changedAfter = toMilliseconds(changedAfter);
    if (changedBefore !== undefined) filter.changedBefore = toMilliseconds(changedBefore);
    return filter;
  },
};

const HISTORY: typeof AUDIT = {
  ...AUDIT,
  path: ({ params }) => `/tasks/${(params as Static<typeof TaskParams>).taskId}/history`,
  name: 'history',
  filter: ({ params }) => ({ taskId: (params as Static<typeof TaskParams>).taskId }),
};

/** `/audit` and `/tasks/{taskId}/history`, for administrators. */
export const auditRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.get(
    '/audit',
    {
      config: { scope: 'admin', rules: cursorRule(AUDIT) },
      schema: { ...listAudit, querystring: AuditParameters, response: { 200: AuditSchema } },
      preValidation: readParameters(AuditParameters),
    },
    async (request, reply) => {
      const query = toListQuery(request, AUDIT);
      return sendList(request, reply, AUDIT, query, await store.changes.list(query), toBody);
    },
  );

  app.get(
    '/tasks/:taskId/history',
    {
      config: { scope: 'admin', rules: cursorRule(HISTORY) },
      schema: {
        ...listHistory,
        params: TaskParams,
        querystring: HistoryParameters,
        response: { 200: HistorySchema },
      },
      preValidation: readParameters(HistoryParameters),
    },
    async (request, reply) => {
      const { taskId } = request.params;
      const query = toListQuery(request, HISTORY);
      let page = await store.changes.list(query);
      // A replica may not have the task yet.
      if (page.items.length === 0) page = await store.changes.list({ ...query, freshness: undefined });
      if (page.items.length === 0 && !(await hasExisted(taskId))) throw notFound();
      return sendList(request, reply, HISTORY, query, page, toBody);
    },
  );

  /** Whether the task exists or once did. */
  async function hasExisted(taskId: number): Promise<boolean> {
    if ((await store.tasks.get(taskId)) !== undefined) return true;
    const sort = [{ field: 'sequence' as const, descending: false }];
    const { items } = await store.changes.list({
      filter: { taskId },
      sort,
      from: { offset: 0 },
      limit: 1,
      count: false,
    });
    return items.length > 0;
  }
};

/** The entry in responses. */
function toBody({ sequence, at, type, actor, userId, taskId, tokenId, before, after }: Change) {
  const changed = before !== null && after !== null ? pick(after, Object.keys(before)) : after;
  return {
    sequence,
    timestamp: formatInstant(at),
    type,
    actor,
    ...(userId !== null && { userId }),
    ...(taskId !== null && { taskId }),
    ...(tokenId !== null && { tokenId }),
    ...(before !== null && { before }),
    ...(changed !== null && { after: changed }),
  };
}

/** The values of these fields; null for a field that was removed. */
function pick(values: Values, names: string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}
