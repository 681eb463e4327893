import { useQuery } from '@tanstack/react-query';
import type { User } from '#client';
import { type CachedRecord, recordKey } from './cache.ts';
import { api } from './client.ts';
import { USERS } from './records.ts';
import { hasScopes } from './session.ts';

/** The most users that one request can ask for. */
const MAX_IDS = 100;

interface Waiting {
  userId: number;
  resolve: (user: User | undefined) => void;
  reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/** The user with an id, for the name beside a task. Undefined while it is read, if there is none, or without the scope. */
export function useOwner(userId: number | undefined): User | undefined {
  const { data } = useQuery({
    queryKey: recordKey(USERS, userId ?? 0),
    queryFn: async (): Promise<CachedRecord<User> | null> => {
      const record = await readTogether(userId as number);
      return record === undefined ? null : { record, etag: undefined };
    },
    enabled: userId !== undefined && hasScopes(['users:read']),
  });
  return data?.record;
}

/** Reads users that are asked for at the same time with one request. */
function readTogether(userId: number): Promise<User | undefined> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setTimeout(readWaiting);
    waiting.push({ userId, resolve, reject });
  });
}

async function readWaiting(): Promise<void> {
  const asked = waiting;
  waiting = [];
  for (let start = 0; start < asked.length; start += MAX_IDS) {
    const part = asked.slice(start, start + MAX_IDS);
    try {
      const { items } = await api.users.listPage({ userId: part.map((one) => one.userId), perPage: MAX_IDS });
      const byId = new Map(items.map((user) => [user.userId, user]));
      for (const one of part) one.resolve(byId.get(one.userId));
    } catch (error) {
      for (const one of part) one.reject(error);
    }
  }
}
