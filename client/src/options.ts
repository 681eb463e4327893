import type { Clock } from './clock.ts';

/** The settings of a client. */
export interface ClientOptions {
  /** The URL of the service, such as `https://tasks.example.com`. It may have a path. */
  baseUrl: string;
  /** The token, or a function that returns it before each attempt, such as one that renews a JWT. */
  token: string | (() => string | Promise<string>);
  /** How long an attempt may take, in milliseconds. 30,000 by default. */
  timeoutMs?: number;
  /**
   * How long a request may take with all its attempts, in milliseconds. 90,000 by default, which is longer than a minute
   * of the rate limit.
   */
  deadlineMs?: number;
  /** Is called before the client waits to retry. */
  onRetry?: (retry: Retry) => void;
  /** Replaces the global `fetch`, for example with one that uses a proxy. */
  fetch?: typeof fetch;
  /** @internal For tests. */
  clock?: Clock;
}

/** An attempt that failed and will be repeated. */
export interface Retry {
  /** The `ApiError`, `NetworkError` or `TimeoutError` of the attempt. */
  error: Error;
  /** The number of attempts so far. */
  attempts: number;
  /** How long the client waits before the next, in milliseconds. */
  delayMs: number;
}

/** The settings of one request. */
export interface RequestOptions {
  /** Ends the request, its retries and its waits. The error is the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** Overrides {@link ClientOptions.timeoutMs}. */
  timeoutMs?: number | undefined;
  /** Overrides {@link ClientOptions.deadlineMs}. */
  deadlineMs?: number | undefined;
  /**
   * If the service reads lists from replicas: how old a list, its stream or a page of events may be, in whole seconds. 0 for the
   * current data. Other requests ignore it.
   */
  maxAgeSeconds?: number | undefined;
}

export interface CreateOptions extends RequestOptions {
  /**
   * 1 to 255 visible ASCII characters. Creations with the same key and body create once, within 24 hours. Set it if the
   * program can restart between two attempts; by default, each call has a random key.
   */
  idempotencyKey?: string | undefined;
}

export interface ChangeOptions extends RequestOptions {
  /** The `etag` that was read: if the resource has changed since, the error is `PRECONDITION_FAILED`. */
  ifMatch?: string | undefined;
}

export interface ReadOptions extends RequestOptions {
  /** The `etag` that was read: if it still matches, the result is undefined. */
  ifNoneMatch?: string | undefined;
}

export interface PageOptions extends ReadOptions {
  /** Whether to count the rows of all pages, which takes time. */
  count?: boolean | undefined;
}

/** Items that are rejected do not affect the others: the result has the status of each item. */
export interface Lenient {
  lenient: true;
}
