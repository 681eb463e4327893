import type {
  ApiPromise,
  NewTask,
  NewUser,
  NewWebhook,
  Page,
  PageOptions,
  Task,
  TaskChanges,
  User,
  UserChanges,
  Webhook,
  WebhookChanges,
} from '#client';
import { api } from './client.ts';

/** What the cache and {@link changesOf} need to know about a resource. */
export interface RecordKind<T, New, Changes> {
  /** The first part of its query keys. */
  name: string;
  idOf: (record: T) => number;
  /** The name of a record, for people. */
  titleOf: (record: T) => string;
  get: (id: number) => ApiPromise<T>;
  listPage: (query: object, options: PageOptions) => ApiPromise<Page<T>>;
  create: (values: New) => ApiPromise<T>;
  update: (id: number, changes: Changes, options: { ifMatch: string | undefined }) => ApiPromise<T>;
  remove: (id: number, options: { ifMatch: string | undefined }) => ApiPromise<void>;
  /** Fields that the service changes without a new version. */
  unversioned?: readonly string[];
}

/** The name of a user, for people. */
export function nameOf({ firstName, lastName }: User): string {
  return `${firstName} ${lastName}`;
}

export const TASKS: RecordKind<Task, NewTask, TaskChanges> = {
  name: 'task',
  idOf: (task) => task.taskId,
  titleOf: (task) => task.taskTitle,
  get: (id) => api.tasks.get(id),
  listPage: (query, options) => api.tasks.listPage(query, options),
  create: (values) => api.tasks.create(values),
  update: (id, changes, options) => api.tasks.update(id, changes, options),
  remove: (id, options) => api.tasks.delete(id, options),
};

export const USERS: RecordKind<User, NewUser, UserChanges> = {
  name: 'user',
  idOf: (user) => user.userId,
  titleOf: nameOf,
  get: (id) => api.users.get(id),
  listPage: (query, options) => api.users.listPage(query, options),
  create: (values) => api.users.create(values),
  update: (id, changes, options) => api.users.update(id, changes, options),
  remove: (id, options) => api.users.delete(id, options),
};

export const WEBHOOKS: RecordKind<Webhook, NewWebhook, WebhookChanges> = {
  name: 'webhook',
  idOf: (webhook) => webhook.webhookId,
  titleOf: (webhook) => webhook.url,
  get: (id) => api.webhooks.get(id),
  listPage: (query, options) => api.webhooks.listPage(query, options),
  create: (values) => api.webhooks.create(values),
  update: (id, changes, options) => api.webhooks.update(id, changes, options),
  remove: (id, options) => api.webhooks.delete(id, options),
  unversioned: ['lastSuccessAt', 'lastFailureAt'],
};
