import { ApiError, type ErrorBody, type NewTask, type NewUser, type TaskApi } from '../../client/src/index.ts';
import { type ImportApi, type ItemResult, KeyReusedError } from '../transfer/import-rows.ts';
import type { ImportedResource, RowProblem } from '../transfer/records.ts';

/** Imports into a service. */
export function importApi(api: TaskApi): ImportApi {
  return {
    async create(resource, items, { key, atomic }) {
      try {
        return await (atomic ? createAll(api, resource, items, key) : createEach(api, resource, items, key));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'IDEMPOTENCY_KEY_REUSED') throw new KeyReusedError();
        throw error;
      }
    },
    findUser: (email) => findUser(api, email),
  };
}

/** The ID of the user with an address. */
export async function findUser(api: TaskApi, contactEmail: string): Promise<number | undefined> {
  const { items } = await api.users.listPage({ contactEmail });
  return items[0]?.userId;
}

async function createEach(
  api: TaskApi,
  resource: ImportedResource,
  items: readonly object[],
  idempotencyKey: string,
): Promise<ItemResult[]> {
  const options = { lenient: true as const, idempotencyKey };
  if (resource === 'users') {
    const results = await api.users.createBatch(items as NewUser[], options);
    return results.map(({ user, error }) => toResult(user?.userId, error));
  }
  const results = await api.tasks.createBatch(items as NewTask[], options);
  return results.map(({ task, error }) => toResult(task?.taskId, error));
}

async function createAll(
  api: TaskApi,
  resource: ImportedResource,
  items: readonly object[],
  idempotencyKey: string,
): Promise<ItemResult[]> {
  try {
    const ids =
      resource === 'users'
        ? (await api.users.createBatch(items as NewUser[], { idempotencyKey })).map(({ userId }) => userId)
        : (await api.tasks.createBatch(items as NewTask[], { idempotencyKey })).map(({ taskId }) => taskId);
    return ids.map((id) => ({ id }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.details.length === 0) throw error;
    return rejectedItems(error, items.length);
  }
}

/** The problems that a rejected batch names, by their items. Items without one are not created either. */
function rejectedItems({ details }: ApiError, count: number): ItemResult[] {
  const results: ItemResult[] = Array.from({ length: count }, () => ({}));
  for (const { field, reason } of details) {
    const [, index, name = 'row'] = /^\w+\[(\d+)\](?:\.(.+))?$/.exec(field) ?? [];
    const result = results[Number(index)];
    if (result !== undefined) result.problem ??= { field: name, reason };
  }
  return results;
}

function toResult(id: number | undefined, error: ErrorBody | undefined): ItemResult {
  return id === undefined ? { problem: toProblem(error ?? { message: 'The row is not created' }) } : { id };
}

/** The first problem of an error. */
export function toProblem({
  message,
  details,
}: {
  message: string;
  details?: readonly { field: string }[] | undefined;
}): RowProblem {
  return { field: details?.[0]?.field ?? 'row', reason: message };
}
