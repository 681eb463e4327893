import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { SortKey } from '../../src/domain/lists.ts';
import type { Store } from '../../src/domain/store.ts';
import type { NewTask, Task, TaskQuery } from '../../src/domain/tasks.ts';
import type { Token } from '../../src/domain/tokens.ts';
import { EmailTaken, type User } from '../../src/domain/users.ts';
import { emailKey } from '../../src/formats/email-address.ts';
import { type Migration, readMigrations } from '../../src/storage/sql/migrations.ts';
import { allTokens } from '../../src/tokens/all-tokens.ts';
import { ACTOR, created } from '../support/created.ts';

/** The last version whose programs recorded no hashes of migrations. */
export const LAST_WITHOUT_HASHES = 8;

/** A version of the schema with rows as that version stored them. */
export interface EarlierVersion {
  version: number;
  /** What brought an empty database to it, in order. */
  migrations: Migration[];
  /** Inserts the rows. */
  rows: string;
}

/**
 * Every version of a database's schema, with the rows in `versions/` beside its tests: `0001.sql` for version 1. A
 * version that brought nothing that those rows have has no file, but those of the version before; one that only added to
 * them has `0005.update.sql`, which goes on from those. The newest is tested everywhere else.
 *
 * @param engine its folder in `src/storage/` and in `test/storage/`.
 */
export function earlierVersions(engine: string): EarlierVersion[] {
  const migrations = readMigrations(new URL(`../../src/storage/${engine}/migrations/`, import.meta.url));
  let rows = '';
  return migrations.slice(0, -1).map(({ version }, i) => {
    const file = (kind: string) =>
      new URL(`${engine}/versions/${String(version).padStart(4, '0')}${kind}.sql`, import.meta.url);
    if (existsSync(file(''))) rows = readFileSync(file(''), 'utf8');
    if (existsSync(file('.update'))) rows += readFileSync(file('.update'), 'utf8');
    assert.ok(rows !== '', `${file('').pathname} is missing: the rows as version ${version} stores them`);
    return { version, migrations: migrations.slice(0, i + 1), rows };
  });
}

interface StoredUser extends User {
  createdAt: number;
  updatedAt: number;
}

interface StoredTask extends Task, Pick<NewTask, 'dueAt'> {
  updatedAt: number;
}

const USERS: StoredUser[] = [
  {
    ...{ userId: 1, firstName: 'John', lastName: 'Doe', contactEmail: 'John.Doe@example.com', version: 1 },
    ...{ createdAt: 1_600_000_000_000, updatedAt: 1_600_000_000_000 },
  },
  {
    ...{ userId: 3, firstName: 'Zoë', lastName: 'Иванова', contactEmail: 'Zoe\u0308@Bücher.example', version: 4 },
    ...{ createdAt: 1_600_000_000_001, updatedAt: 1_700_000_000_000 },
  },
  {
    ...{ userId: 4, firstName: '用户', lastName: '😀 \'" \\', contactEmail: 'a+b@例え.jp', version: 1 },
    ...{ createdAt: 1_600_000_000_002, updatedAt: 1_600_000_000_002 },
  },
];

const TASKS: StoredTask[] = [
  {
    ...{ taskId: 1, userId: 1, taskTitle: 'Write the report', taskDescription: "With 'figures'\nand a summary" },
    ...{ taskStatus: 'NOT_STARTED', dueDate: '2026-06-01T14:00:00+02:00', dueAt: 1_780_315_200_000_000n },
    ...{ warningOffset: 60, version: 1, updatedAt: 1_600_000_000_005 },
  },
  {
    ...{ taskId: 2, userId: 3, taskTitle: '用户 😀' },
    ...{ taskStatus: 'IN_PROGRESS', dueDate: '2026-06-01T12:00:00.000001Z', dueAt: 1_780_315_200_000_001n },
    ...{ warningOffset: 0, version: 12, updatedAt: 1_700_000_000_000 },
  },
  {
    ...{ taskId: 4, userId: 3, taskTitle: 'first' },
    ...{ taskStatus: 'BLOCKED', dueDate: '0001-01-01T00:00:00Z', dueAt: -62_135_596_800_000_000n },
    ...{ warningOffset: 64_000, version: 1, updatedAt: 1_600_000_000_006 },
  },
  {
    ...{ taskId: 5, userId: 4, taskTitle: 'last', taskDescription: ' ' },
    ...{ taskStatus: 'DEFERRED', dueDate: '9999-12-31T23:59:59.999999Z', dueAt: 253_402_300_799_999_999n },
    ...{ warningOffset: 5, version: 2, updatedAt: 1_600_000_000_007 },
  },
  {
    ...{ taskId: 6, userId: 1, taskTitle: 'a' },
    ...{ taskStatus: 'COMPLETED', dueDate: '2026-06-01T12:00:00Z', dueAt: 1_780_315_200_000_000n },
    ...{ warningOffset: 5, version: 3, updatedAt: 1_600_000_000_008 },
  },
  {
    ...{ taskId: 7, userId: 1, taskTitle: 'b' },
    ...{ taskStatus: 'CANCELLED', dueDate: '2026-06-01T12:00:00.999Z', dueAt: 1_780_315_200_999_000n },
    ...{ warningOffset: 5, version: 1, updatedAt: 1_600_000_000_009 },
  },
];

/** What a token has since it is noted. */
const UNUSED = { lastUsedAt: null, previousSecret: null };

/** The hashes in hexadecimal. */
const TOKENS: (Omit<Token, 'secretHash'> & { secretHash: string })[] = [
  {
    ...{ tokenId: 1, name: 'operator', secretHash: '00112233445566778899aabbccddeeff'.repeat(2), scopes: ['admin'] },
    ...{ plan: 'unlimited', userId: null, createdAt: 1_600_000_000_000, expiresAt: null, revokedAt: null, ...UNUSED },
  },
  {
    ...{ tokenId: 2, name: 'Zoë’s', secretHash: 'ff'.repeat(32), scopes: ['users:read', 'tasks:write'] },
    ...{
      plan: 'basic',
      userId: 3,
      createdAt: 1_600_000_000_001,
      expiresAt: 1_900_000_000_000,
      revokedAt: null,
      ...UNUSED,
    },
  },
  {
    ...{ tokenId: 3, name: 'expired', secretHash: '00'.repeat(32), scopes: ['tasks:read'], plan: 'basic' },
    ...{ userId: null, createdAt: 1_600_000_000_002, expiresAt: 1_600_000_000_003, revokedAt: null, ...UNUSED },
  },
  {
    ...{ tokenId: 4, name: 'revoked', secretHash: '01'.repeat(32), scopes: ['users:write'], plan: 'retired' },
    ...{ userId: null, createdAt: 1_600_000_000_003, expiresAt: null, revokedAt: 1_600_000_000_004, ...UNUSED },
  },
];

/** The highest ids that were given out, all to what was deleted since. */
const LAST = { userId: 5, taskId: 8, tokenId: 5 };

const LIST = { from: { offset: 0 }, limit: 100, count: true };
const byId = <Field extends string>(field: Field): SortKey<Field>[] => [{ field, descending: false }];

/**
 * Checks that a database which was filled at an earlier version holds its rows, whole and found by whatever they are
 * looked for, and goes on as any other does. Before there were tasks, every user was as created.
 */
export async function assertCarriedOver(store: Store, { rows }: EarlierVersion): Promise<void> {
  const hasTasks = rows.includes('INSERT INTO tasks');
  const users = hasTasks ? USERS : USERS.map((user) => ({ ...user, version: 1, updatedAt: user.createdAt }));
  const tasks = hasTasks ? TASKS : [];
  await assertUsers(store, users);
  await assertTasks(store, tasks);
  assert.deepEqual(
    (await Array.fromAsync(allTokens(store))).map(({ secretHash, ...token }) => ({
      ...token,
      secretHash: Buffer.from(secretHash).toString('hex'),
    })),
    TOKENS,
  );
  if (rows.includes('INSERT INTO webhooks')) await assertWebhooks(store);
  await assertGoesOn(store, hasTasks ? LAST : { ...LAST, taskId: 0 });
}

/**
 * Checks that the migration has planned when tasks are reminded of: those that were open and not due yet, at once where
 * the moment was past.
 *
 * @param planned of every task the id and the moment, in microseconds since the epoch.
 * @param migrated between which times it was migrated, in milliseconds since the epoch.
 */
export function assertPlanned(planned: [taskId: number, remindAt: bigint | null][], migrated: [number, number]): void {
  const [from, to] = migrated.map((time) => BigInt(time) * 1000n) as [bigint, bigint];
  for (const [id, remindAt] of planned) {
    const { taskStatus, dueAt, warningOffset } = TASKS.find(({ taskId }) => taskId === id) as StoredTask;
    const moment = dueAt - BigInt(warningOffset) * 60_000_000n;
    if (['COMPLETED', 'CANCELLED'].includes(taskStatus) || dueAt <= from) assert.equal(remindAt, null);
    else if (moment > to) assert.equal(remindAt, moment);
    else if (dueAt > to) assert.ok(remindAt !== null && remindAt >= from && remindAt <= to);
  }
}

async function assertUsers(store: Store, stored: StoredUser[]): Promise<void> {
  const users = stored.map(({ createdAt: _, updatedAt: __, ...user }) => user);
  const ids = async (filter: object) => {
    const { items } = await store.listUsers({ ...LIST, filter, sort: byId('userId') });
    return items.map(({ userId }) => userId);
  };
  const all = await store.listUsers({ ...LIST, filter: {}, sort: byId('userId') });
  assert.deepEqual(all, { items: users, more: false, total: users.length });
  for (const { updatedAt, ...user } of stored) {
    const { userId, contactEmail } = user;
    const contactEmailKey = emailKey(contactEmail.toUpperCase());
    assert.deepEqual(await store.getUser(userId), users[stored.findIndex((other) => other.userId === userId)]);
    assert.deepEqual(await ids({ contactEmailKey }), [userId]);
    assert.equal(await store.createUser({ ...user, contactEmailKey }, ACTOR), EmailTaken);
    const since = stored.filter((other) => other.updatedAt >= updatedAt).map((other) => other.userId);
    assert.deepEqual(await ids({ updatedSince: updatedAt }), since);
  }
}

async function assertTasks(store: Store, stored: StoredTask[]): Promise<void> {
  const tasks = stored.map(({ dueAt: _, updatedAt: __, ...task }) => task);
  const ids = async (filter: TaskQuery['filter'], field: 'taskId' | 'dueDate') => {
    const sort = field === 'taskId' ? byId(field) : [...byId(field), ...byId('taskId' as const)];
    const { items } = await store.listTasks({ ...LIST, filter, sort });
    return items.map(({ taskId }) => taskId);
  };
  const all = await store.listTasks({ ...LIST, filter: {}, sort: byId('taskId') });
  assert.deepEqual(all, { items: tasks, more: false, total: tasks.length });
  const idsOf = (some: StoredTask[]) => some.map(({ taskId }) => taskId);
  const byDueDate = stored.toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.taskId - b.taskId));
  assert.deepEqual(await ids({}, 'dueDate'), idsOf(byDueDate));
  for (const [i, { taskId, userId, taskStatus, updatedAt }] of stored.entries()) {
    assert.deepEqual(await store.getTask(taskId), tasks[i]);
    const filtered = stored.filter((other) => other.userId === userId && other.taskStatus === taskStatus);
    assert.deepEqual(await ids({ userId, taskStatus }, 'taskId'), idsOf(filtered));
    const since = stored.filter((other) => other.updatedAt >= updatedAt);
    assert.deepEqual(await ids({ updatedSince: updatedAt }, 'taskId'), idsOf(since));
  }
}

/** What was added since has no value: nothing was rotated or recorded. The delivery goes on where it was. */
async function assertWebhooks(store: Store): Promise<void> {
  assert.deepEqual(
    (await store.listWebhooks({ ...LIST, filter: {}, sort: byId('webhookId') })).items.map(
      ({ secret, ...webhook }) => ({
        ...webhook,
        secret: [...secret],
      }),
    ),
    [
      {
        ...{ webhookId: 2, url: 'https://example.com/hooks', events: ['user.created', 'task.created'] },
        ...{ description: 'Zoë', enabled: true, secret: [1, 2], createdAt: 1_600_000_000_000, version: 3 },
        ...{ previousSecret: null, lastSuccessAt: null, lastFailureAt: null },
      },
    ],
  );
  const details = await store.getDelivery(2, 4);
  assert.deepEqual([details?.delivery.attempts, details?.delivery.lastStatus, details?.attempts], [2, 500, []]);
  const attempt = { at: 1_800_000_000_000, durationMs: 1, response: null, userId: 3 };
  const result = { state: 'pending' as const, status: 500, error: 'failed', nextAttemptAt: 1_900_000_000_000, attempt };
  assert.equal(await store.noteAttempt({ deliveryId: 4, attempts: 2 }, result), 'failing');
  assert.equal((await store.getDelivery(2, 4))?.attempts.length, 1);
}

/** What is created comes under new ids, a change counts on, and with a user goes what is the user's. */
async function assertGoesOn(store: Store, last: typeof LAST): Promise<void> {
  const contactEmail = 'new@example.com';
  const user = created(
    await store.createUser({ firstName: 'N', lastName: 'N', contactEmail, contactEmailKey: contactEmail }, ACTOR),
  );
  assert.ok(user.userId > last.userId && user.version === 1);
  const fields = { taskTitle: 'x', taskDescription: null, taskStatus: 'BLOCKED' as const, warningOffset: 0 };
  const newTask = { ...fields, userId: 3, dueDate: '2026-06-01T12:00:00Z', dueAt: 1_780_315_200_000_000n };
  const task = created(await store.createTask(newTask, ACTOR));
  assert.ok(task.taskId > last.taskId && task.version === 1);
  const secretHash = new Uint8Array(32);
  const bound = { name: 'x', secretHash, scopes: ['admin' as const], plan: 'basic', createdAt: 0, expiresAt: null };
  const token = created(await store.createToken({ ...bound, userId: 3 }, ACTOR));
  assert.ok(token.tokenId > last.tokenId);

  const before = (await store.getUser(3)) as User;
  const changes = { contactEmail: 'zoe@example.com', contactEmailKey: 'zoe@example.com' };
  const after = { ...before, contactEmail: 'zoe@example.com', version: before.version + 1 };
  assert.deepEqual(await store.updateUser(3, changes, ACTOR), after);
  assert.equal(await store.deleteUser(3, ACTOR), true);
  const tasks = await store.listTasks({ ...LIST, filter: { userId: 3 }, sort: byId('taskId') });
  assert.deepEqual(tasks, { items: [], more: false, total: 0 });
  assert.equal(await store.getTask(task.taskId), undefined);
  assert.deepEqual(
    (await Array.fromAsync(allTokens(store))).map(({ tokenId }) => tokenId),
    [1, 3, 4],
  );
}
