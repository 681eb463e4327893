import { isDeepStrictEqual } from 'node:util';
import type { Change, ChangeType, Values } from '../../domain/changes.ts';
import type { Subject } from '../../domain/identities.ts';
import type { Task } from '../../domain/tasks.ts';
import type { Token } from '../../domain/tokens.ts';
import type { User } from '../../domain/users.ts';
import type { Webhook } from '../../domain/webhooks.ts';
import { withSeconds } from '../../formats/date-time.ts';
import { type Columns, columnList, integer, rowDecoder, text } from './columns.ts';

/** An entry to add to the change log; its time and actor are added when it is inserted. */
export interface NewChange {
  type: ChangeType;
  userId: number | null;
  /** The owner of the old values, if it is another user; otherwise null. */
  formerUserId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** JSON, or null for none. */
  oldValues: string | null;
  newValues: string | null;
}

/** The columns that INSERT sets from a {@link NewChange}. */
export const NEW_CHANGE_FIELDS = {
  type: text('type'),
  userId: integer('user_id'),
  formerUserId: integer('former_user_id'),
  taskId: integer('task_id'),
  tokenId: integer('token_id'),
  oldValues: text('old_values'),
  newValues: text('new_values'),
} satisfies Columns<keyof NewChange>;

/** The fields of a webhook that was just created. */
export const NEVER_SENT = { previousSecret: null, lastSuccessAt: null, lastFailureAt: null };

const NOTHING = { userId: null, formerUserId: null, taskId: null, tokenId: null, oldValues: null, newValues: null };

/**
 * An entry about a resource that belongs to no user. The values are as in responses, with the id; an update logs the old
 * values of the fields that changed.
 *
 * @param before null for a creation.
 * @param after null for a deletion.
 */
export function entryOf<T extends object>(type: ChangeType, before: T | null, after: T | null): NewChange {
  const oldValues = before && (after ? changedValues(before, after) : itemValues(before));
  return { ...NOTHING, type, oldValues, newValues: after && itemValues(after) };
}

export function userCreated(user: User): NewChange {
  return { ...NOTHING, type: 'user.created', userId: user.userId, newValues: userValues(user) };
}

export function userUpdated(before: User, after: User): NewChange {
  const oldValues = changedValues(before, after);
  return { ...NOTHING, type: 'user.updated', userId: after.userId, oldValues, newValues: userValues(after) };
}

/** The entry has no values: they are erased with the user. */
export function userDeleted(userId: number): NewChange {
  return { ...NOTHING, type: 'user.deleted', userId };
}

/** From then on the subject acts as the user. */
export function identityBound(userId: number, { issuer }: Subject): NewChange {
  return { ...NOTHING, type: 'identity.bound', userId, newValues: JSON.stringify({ issuer }) };
}

export function taskCreated(task: Task): NewChange {
  const { userId, taskId } = task;
  return { ...NOTHING, type: 'task.created', userId, taskId, newValues: taskValues(task) };
}

export function taskUpdated(before: Task, after: Task): NewChange {
  const { userId, taskId, taskStatus } = after;
  const completed = taskStatus === 'COMPLETED' && before.taskStatus !== taskStatus;
  return {
    ...NOTHING,
    type: completed ? 'task.completed' : 'task.updated',
    userId,
    formerUserId: before.userId === userId ? null : before.userId,
    taskId,
    oldValues: changedValues(before, after),
    newValues: taskValues(after),
  };
}

export function taskDeleted(task: Task): NewChange {
  const { userId, taskId } = task;
  return { ...NOTHING, type: 'task.deleted', userId, taskId, oldValues: taskValues(task) };
}

export function taskReminder(task: Task, late: boolean): NewChange {
  const { version, ...values } = task;
  const { userId, taskId } = values;
  const newValues = JSON.stringify({ ...values, ...(late && { late }) });
  return { ...NOTHING, type: 'task.reminder', userId, taskId, newValues };
}

export function tokenCreated({ tokenId, name, scopes, plan, userId, createdAt, expiresAt }: Token): NewChange {
  const newValues = JSON.stringify({
    ...{ tokenId, name, scopes, plan },
    ...(userId !== null && { userId }),
    createdAt: new Date(createdAt).toISOString(),
    ...(expiresAt !== null && { expiresAt: new Date(expiresAt).toISOString() }),
  });
  return { ...NOTHING, type: 'token.created', userId, tokenId, newValues };
}

export function tokenChanged(type: 'token.rotated' | 'token.revoked', { tokenId, userId }: Token): NewChange {
  return { ...NOTHING, type, userId, tokenId };
}

export function webhookCreated(webhook: Webhook): NewChange {
  return entryOf('webhook.created', null, webhookValues(webhook));
}

export function webhookUpdated(before: Webhook, after: Webhook): NewChange {
  return entryOf('webhook.updated', webhookValues(before), webhookValues(after));
}

/** The entry contains no secret. */
export function webhookRotated(webhook: Webhook): NewChange {
  return entryOf('webhook.rotated', null, webhookValues(webhook));
}

/** `after` is the payload of the test event. */
export function webhookTest(webhookId: number): NewChange {
  return entryOf('webhook.test', null, { webhookId });
}

export function webhookDeleted(webhook: Webhook): NewChange {
  return entryOf('webhook.deleted', webhookValues(webhook), null);
}

/** The values never include the secret. */
function webhookValues({ webhookId, url, events, description, enabled, createdAt }: Webhook) {
  return { webhookId, url, events, description, enabled, createdAt: new Date(createdAt).toISOString() };
}

/** The webhook that an entry created, without its secret. */
export function restoreWebhook({ after }: Change): Webhook {
  const { createdAt, ...values } = after as Values & { createdAt: string };
  const restored = { ...values, ...NEVER_SENT, secret: new Uint8Array(), createdAt: Date.parse(createdAt), version: 1 };
  return restored as unknown as Webhook;
}

/**
 * The JSON of a user or task, as in responses, starts with the id. The text before and after the id are separate, because
 * PostgreSQL generates the id in the same statement that inserts the entry.
 */
export const USER_VALUES_BEFORE_ID = '{"userId":';
export function userValuesAfterId({ firstName, lastName, contactEmail }: Omit<User, 'userId' | 'version'>): string {
  return `,${JSON.stringify({ firstName, lastName, contactEmail }).slice(1)}`;
}

export const TASK_VALUES_BEFORE_ID = '{"taskId":';
export function taskValuesAfterId({ taskId, version, ...values }: Task): string {
  return `,${JSON.stringify(values).slice(1)}`;
}

export function userValues(user: User): string {
  return USER_VALUES_BEFORE_ID + user.userId + userValuesAfterId(user);
}

export function taskValues(task: Task): string {
  return TASK_VALUES_BEFORE_ID + task.taskId + taskValuesAfterId(task);
}

/** The resource as its creation's entry recorded it. */
export function restoreItem<T extends { version: number }>({ after }: Change): T {
  return { ...after, version: 1 } as unknown as T;
}

/** The fields of a resource without its version, as JSON. */
function itemValues(item: object): string {
  return JSON.stringify({ ...item, version: undefined });
}

/** The previous values of the fields that differ, as JSON; null for a field that was missing. */
function changedValues<T extends object>(before: T, after: T): string {
  const fields = Object.keys({ ...after, ...before }) as (keyof T)[];
  const changed = fields.filter((field) => field !== 'version' && !isDeepStrictEqual(before[field], after[field]));
  return JSON.stringify(Object.fromEntries(changed.map((field) => [field, before[field] ?? null])));
}

interface ChangeRow extends Omit<Change, 'before' | 'after'> {
  before: string | null;
  after: string | null;
}

const CHANGE_FIELDS = {
  sequence: integer('sequence'),
  at: integer('at'),
  type: text('type'),
  actor: text('actor'),
  traceparent: text('traceparent'),
  userId: integer('user_id'),
  taskId: integer('task_id'),
  tokenId: integer('token_id'),
  before: text('old_values'),
  after: text('new_values'),
};

/** The columns that {@link toChange} reads. */
export const CHANGE_COLUMNS = columnList(CHANGE_FIELDS);

const decode = rowDecoder<ChangeRow>(CHANGE_FIELDS);

export function toChange(row: readonly unknown[]): Change {
  const change = decode(row);
  return { ...change, before: parseValues(change.before), after: parseValues(change.after) };
}

/**
 * Whether entries after `after` were pruned, given the oldest sequence number left. A reader that starts from 0 misses
 * none. A gap just before the oldest entry counts as pruned, although no entry may have had those numbers.
 */
export function isPruned(after: number, oldest: number | undefined): boolean {
  return after > 0 && oldest !== undefined && after < oldest - 1;
}

function parseValues(text: string | null): Values | null {
  if (text === null) return null;
  const values: Values = JSON.parse(text);
  if (typeof values.dueDate === 'string') values.dueDate = withSeconds(values.dueDate);
  return values;
}
