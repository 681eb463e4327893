import type { TestContext } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import type { NewTask, Task, TaskQuery } from '../../src/domain/tasks.ts';
import type { NewToken, Token } from '../../src/domain/tokens.ts';
import type { NewUser, User, UserQuery } from '../../src/domain/users.ts';
import { allTokens } from '../../src/tokens/all-tokens.ts';
import { ACTOR, created } from '../support/created.ts';
import { newDatabase, type TestDatabase } from '../support/stores.ts';

export async function newStore(t: TestContext): Promise<{ store: Store; clock: { now: number } } & TestDatabase> {
  const clock = { now: 1_700_000_000_000 };
  const database = await newDatabase(t, () => clock.now);
  return { ...database, store: database.open(), clock };
}

export function newUser(n: number, more: Partial<NewUser> = {}): NewUser {
  return {
    ...{ firstName: 'John', lastName: 'Doe' },
    ...{ contactEmail: `User${n}@example.com`, contactEmailKey: `user${n}@example.com` },
    ...more,
  };
}

export function newTask(userId: number, more: Partial<NewTask> = {}): NewTask {
  return {
    ...{ userId, taskTitle: 'Write', taskDescription: null, taskStatus: 'BLOCKED', warningOffset: 5 },
    ...{ dueDate: '2026-06-01T12:00:00Z', dueAt: 1_780_315_200_000_000n },
    ...more,
  };
}

export function newToken(more: Partial<NewToken> = {}): NewToken {
  return {
    ...{ name: 'test', secretHash: new Uint8Array(32).fill(255), scopes: ['users:read', 'tasks:write'] },
    ...{ plan: 'basic', userId: null, createdAt: 1_700_000_000_000, expiresAt: null },
    ...more,
  };
}

export async function createUser(store: Store, user: NewUser): Promise<User> {
  return created(await store.users.create(user, ACTOR));
}

export async function createTask(store: Store, task: NewTask): Promise<Task> {
  return created(await store.tasks.create(task, ACTOR));
}

export async function createToken(store: Store, token: NewToken): Promise<Token> {
  return created(await store.tokens.create(token, ACTOR));
}

/** Bytes may come as any kind of byte array. */
export function comparable(token: Token | undefined): (Omit<Token, 'secretHash'> & { secretHash: string }) | undefined {
  return token && { ...token, secretHash: Buffer.from(token.secretHash).toString('hex') };
}

export const ALL_USERS: UserQuery = {
  ...{ filter: {}, sort: [{ field: 'userId', descending: false }] },
  ...{ from: { offset: 0 }, limit: 1000, count: false },
};
export const ALL_TASKS: TaskQuery = { ...ALL_USERS, filter: {}, sort: [{ field: 'taskId', descending: false }] };

export const usersOf = async (store: Store, filter: UserQuery['filter'] = {}) =>
  (await store.users.list({ ...ALL_USERS, filter })).items;
export const tasksOf = async (store: Store, filter: TaskQuery['filter'] = {}) =>
  (await store.tasks.list({ ...ALL_TASKS, filter })).items;

export const tokensOf = (store: Store) => Array.fromAsync(allTokens(store));
