export { TaskApi } from './client.ts';
export { ApiError, NetworkError, TimeoutError, WebhookVerificationError } from './errors.ts';
export type { FollowOptions } from './follow.ts';
export type { Page } from './lists.ts';
export type {
  ChangeOptions,
  ClientOptions,
  CreateOptions,
  Lenient,
  PageOptions,
  ReadOptions,
  RequestOptions,
  Retry,
} from './options.ts';
export type { EventPage } from './resources/events.ts';
export type { ApiPromise, RateLimit, ResponseInfo, WithResponse } from './response.ts';
export { type GetTasksOptions, TaskManagementClient } from './task-management-client.ts';
export type * from './types.ts';
export { type VerifyOptions, verifyWebhook, type WebhookHeaders } from './verify-webhook.ts';
