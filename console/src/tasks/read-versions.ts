import { ApiError, type Task } from '#client';
import type { CachedRecord } from '../api/cache.ts';
import { TASKS } from '../api/records.ts';

/** How many tasks are read one by one at most: more would take longer than the change itself, and use up rate limits. */
const MAX_READS = 100;

/** How many are read at the same time. */
const CONCURRENCY = 8;

/**
 * The current versions of tasks, which lists do not have, by ID. Tasks that no longer exist are missing; of more than 100
 * tasks, all are.
 */
export async function readVersions(tasks: readonly Task[]): Promise<Map<number, CachedRecord<Task>>> {
  const versions = new Map<number, CachedRecord<Task>>();
  if (tasks.length > MAX_READS) return versions;
  const waiting = tasks.map(({ taskId }) => taskId);
  const readNext = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        const { data, etag } = await TASKS.get(id).withResponse();
        versions.set(id, { record: data, etag });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, readNext));
  return versions;
}
