import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { issueToken } from '../../src/tokens/issue.ts';
import { ACTOR, created } from './created.ts';
import { tempFolder } from './temp-folder.ts';

/** Names and titles that an incorrect copy could change. */
const ODD_TEXTS = [
  'Zoë\u0301',
  '🦄 \u200d👩‍🚀',
  '{"a","b"}',
  'NULL',
  "O'Brien \\x00 \\",
  '\ttab\nline\r\n',
  ' ',
  '',
  '\uffff\u{10ffff}',
];

export interface CopySource {
  file: string;
  /** The text of a user token of the first user, and of a service token. */
  tokens: { bound: string; service: string };
}

/**
 * Creates a store through its repositories: odd texts, tasks without description, dates with zones, tokens of every state,
 * a rotated and tested webhook with pending deliveries and one attempt, deleted rows, and a soft-deleted user who is not
 * purged. The store is closed.
 */
export async function makeCopySource(t: TestContext): Promise<CopySource> {
  const file = join(tempFolder(t), 'source.db');
  const now = Date.parse('2026-03-01T12:00:00Z');
  const store = openSqliteStore({ file, clock: () => now });
  for (const [index, text] of ODD_TEXTS.entries()) await createUser(store, `${index}`, text);
  for (const [index, text] of ODD_TEXTS.entries()) {
    await createTask(store, (index % 3) + 1, text, index % 2 === 0 ? null : text, index);
  }
  const secret = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const events = ['user.updated', 'user.created', 'task.updated', 'task.completed'];
  // Disabled, so no server sends to it.
  const webhook = { url: 'https://example.com/', events, description: '🦄', enabled: false, secret };
  created(await store.webhooks.create(webhook, ACTOR));
  await store.users.update(2, { lastName: 'Changed' }, ACTOR);
  await store.identities.bind('user1@example.com', { issuer: 'https://id.example.com/', subject: 'jwt:1' });
  const renamed = 'Renamed@example.com';
  const changes = { contactEmail: renamed, contactEmailKey: renamed.toLowerCase() };
  await store.users.update(3, changes, { ...ACTOR, byUser: true });
  await store.tasks.update(3, { taskStatus: 'COMPLETED' }, ACTOR);
  // The newest user and task: their ids must not be reused.
  await createUser(store, 'gone', 'Gone');
  await createTask(store, 10, 'gone with its user', null, 0);
  await store.users.delete(10, ACTOR);

  const token = async (userId: number | null, expiresAt: number | null = null) => {
    const request = { name: 'Zoë', scopes: ['users:read' as const], plan: 'unlimited', userId, expiresAt };
    return created(await issueToken(store, request, ACTOR, now)).text as string;
  };
  const tokens = { bound: await token(1), service: await token(null) };
  await token(null, now - 1);
  await token(2);
  await store.tokens.revoke(4, ACTOR);

  // With many tasks, the user is soft-deleted; the store closes before the purge.
  await createUser(store, 'deleted', 'Deleted');
  for (let count = 0; count < 40; count++) await createTask(store, 11, 'of a deleted user', null, 0);
  await store.users.delete(11, ACTOR);
  while (await store.deliveries.enqueue());
  await store.webhooks.rotate(1, { secret: secret.toReversed(), previousValidUntil: now + 1 }, ACTOR);
  await store.deliveries.test(1, ACTOR);
  const attempt = { at: now, durationMs: 12, response: '🦄 \\N', userId: 2 };
  const failed = { state: 'pending' as const, status: 500, error: 'Zoë', nextAttemptAt: now, attempt };
  await store.deliveries.recordAttempt({ deliveryId: 1, attempts: 0 }, failed);
  await store.close();
  return { file, tokens };
}

async function createUser(store: Store, name: string, text: string): Promise<void> {
  const contactEmail = `User${name}@example.com`;
  const user = {
    firstName: text,
    lastName: `${text}${text}`,
    contactEmail,
    contactEmailKey: contactEmail.toLowerCase(),
  };
  const idempotencyKey = { key: hash('sha256', name, 'buffer'), requestHash: hash('sha256', text, 'buffer') };
  created(await store.users.create(user, { ...ACTOR, idempotencyKey }));
}

async function createTask(store: Store, userId: number, title: string, text: string | null, index: number) {
  const task = {
    userId,
    taskTitle: title,
    taskDescription: text,
    taskStatus: 'NOT_STARTED' as const,
    dueDate: `9999-12-31T23:59:59.99999${index}+0${index}:00`,
    dueAt: 253402300799999990n + BigInt(index) - BigInt(index) * 3_600_000_000n,
    warningOffset: index,
  };
  created(await store.tasks.create(task, ACTOR));
}
