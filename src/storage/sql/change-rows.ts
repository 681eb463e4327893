import type { Change, ChangeFilter, ChangeType, Values } from '../../domain/changes.ts';
import type { Subject } from '../../domain/identities.ts';
import type { Task } from '../../domain/tasks.ts';
import type { Token } from '../../domain/tokens.ts';
import type { User } from '../../domain/users.ts';
import type { Webhook } from '../../domain/webhooks.ts';
import { withSeconds } from '../../formats/date-time.ts';
import type { ListTable } from './list-sql.ts';

/** An entry of the change log as it is written, when it is known at what time and by whom. */
export interface NewChange {
  type: ChangeType;
  userId: number | null;
  /** Whose data the old values are, where that is somebody else. */
  formerUserId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** JSON, or null for none. */
  oldValues: string | null;
  newValues: string | null;
}

/** What a webhook has when nothing was sent to it and its secret was not rotated. */
export const NEVER_SENT = { previousSecret: null, lastSuccessAt: null, lastFailureAt: null };

const NOTHING = { userId: null, formerUserId: null, taskId: null, tokenId: null, oldValues: null, newValues: null };

export function userCreated(user: User): NewChange {
  return { ...NOTHING, type: 'user.created', userId: user.userId, newValues: userValues(user) };
}

export function userUpdated(before: User, after: User): NewChange {
  const oldValues = changedValues(before, after);
  return { ...NOTHING, type: 'user.updated', userId: after.userId, oldValues, newValues: userValues(after) };
}

/** Without values: they are erased with the user. */
export function userDeleted(userId: number): NewChange {
  return { ...NOTHING, type: 'user.deleted', userId };
}

/** An identity provider's subject acts as the user from then on. */
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
  return { ...NOTHING, type: 'webhook.created', newValues: webhookValues(webhook) };
}

export function webhookUpdated(before: Webhook, after: Webhook): NewChange {
  const values = (webhook: Webhook): [string, unknown][] => Object.entries(JSON.parse(webhookValues(webhook)));
  const now = new Map(values(after));
  const changed = values(before).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now.get(name)));
  const oldValues = JSON.stringify(Object.fromEntries(changed));
  return { ...NOTHING, type: 'webhook.updated', oldValues, newValues: webhookValues(after) };
}

/** Without the secrets: that it has another one is all that there is to tell. */
export function webhookRotated(webhook: Webhook): NewChange {
  return { ...NOTHING, type: 'webhook.rotated', newValues: webhookValues(webhook) };
}

/** What a test event sends is its `after`. */
export function webhookTest(webhookId: number): NewChange {
  return { ...NOTHING, type: 'webhook.test', newValues: JSON.stringify({ webhookId }) };
}

export function webhookDeleted(webhook: Webhook): NewChange {
  return { ...NOTHING, type: 'webhook.deleted', oldValues: webhookValues(webhook) };
}

/** Never with the secret. */
function webhookValues({ webhookId, url, events, description, enabled, createdAt }: Webhook): string {
  const created = new Date(createdAt).toISOString();
  return JSON.stringify({ webhookId, url, events, description, enabled, createdAt: created });
}

/** The webhook that an entry says was created, without its secret. */
export function restoreWebhook({ after }: Change): Webhook {
  const { createdAt, ...values } = after as Values & { createdAt: string };
  const restored = { ...values, ...NEVER_SENT, secret: new Uint8Array(), createdAt: Date.parse(createdAt), version: 1 };
  return restored as unknown as Webhook;
}

/**
 * The values of a user and of a task as JSON, as responses show them. The id comes first, and in two parts: PostgreSQL
 * generates it in the statement that also writes the entry.
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

/** The newly created resource that an entry holds. */
export function restoreItem<T extends User | Task>({ after }: Change): T {
  return { ...after, version: 1 } as unknown as T;
}

/** The fields that differ, as they were; null for one that was not there. */
function changedValues<T extends User | Task>(before: T, after: T): string {
  const { version, ...fields } = { ...after, ...before };
  const changed = Object.keys(fields).filter((name) => before[name as keyof T] !== after[name as keyof T]);
  return JSON.stringify(Object.fromEntries(changed.map((name) => [name, before[name as keyof T] ?? null])));
}

/** The columns that {@link toChange} reads. */
export const CHANGE_COLUMNS = 'sequence, at, type, actor, user_id, task_id, token_id, old_values, new_values';

export function toChange(row: readonly unknown[]): Change {
  const [sequence, at, type, actor, userId, taskId, tokenId, oldValues, newValues] = row as [
    number,
    number,
    ChangeType,
    string,
    number | null,
    number | null,
    number | null,
    string | null,
    string | null,
  ];
  const before = parseValues(oldValues);
  const after = parseValues(newValues);
  return { sequence, type, at, actor, userId, taskId, tokenId, before, after };
}

/**
 * Whether a reader who has read up to `after` misses entries that were removed, where the oldest left is `oldest`. One
 * who begins misses none. That numbers were never given out just there can be taken for a removal, by one who is as old
 * as the log: nothing is lost by that.
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

/** The list of changes, in the dialect that the databases share. */
export const CHANGE_LIST: Omit<ListTable<ChangeFilter, 'sequence'>, 'visible'> = {
  name: 'changes',
  columns: CHANGE_COLUMNS,
  filters: { userId: 'user_id = ?', taskId: 'task_id = ?' },
  sortColumns: { sequence: 'sequence' },
  indexed: { '': ['sequence'], userId: ['sequence'], taskId: ['sequence'] },
};
