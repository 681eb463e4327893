import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { ApiError, toClientError } from './errors.ts';
import type { ClientOptions, RequestOptions } from './options.ts';
import { describeResponse, type WithResponse } from './response.ts';
import { isRetryable, isUncertain, retryDelayMs } from './retry.ts';
import { readText } from './text-stream.ts';
import { Timeout } from './timeout.ts';
import type { ErrorBody } from './types.ts';

const TIMEOUT_MS = 30_000;
const DEADLINE_MS = 90_000;

const CONSISTENCY_TOKEN = 'consistency-token';

/** Parameters that the API names with an underscore in front. */
const UNDERSCORED = ['page', 'perPage', 'sort', 'cursor', 'search', 'after'];

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  /** Parameters; arrays are joined with commas. */
  query?: object | undefined;
  /** Headers without a value are not sent. */
  headers?: Record<string, string | undefined>;
  body?: unknown;
  /** Whether the request may be processed twice. True by default. */
  repeatable?: boolean;
}

/** Sends requests, and retries them. */
export class Http {
  readonly clock: Clock;
  readonly #options: ClientOptions;
  readonly #baseUrl: string;
  /** The newest one received. With it, lists include what this client has written, also if they come from a replica. */
  #consistencyToken = '';

  /** @throws TypeError if the URL is invalid. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#baseUrl = new URL(options.baseUrl).href.replace(/\/+$/, '');
    this.clock = options.clock ?? SYSTEM_CLOCK;
  }

  /**
   * Sends a request until there is a response that needs no retry.
   *
   * @throws ApiError for an error response.
   * @throws NetworkError, or its subclass TimeoutError, if there is no response before the deadline.
   */
  send<T>(request: HttpRequest, options: RequestOptions = {}): Promise<WithResponse<T>> {
    // Every attempt sends the same bytes, because the service compares them.
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    return this.#retry(request, options, async (remainingMs) => {
      const timeout = new Timeout(Math.min(timeoutMs, remainingMs), options.signal);
      try {
        return await this.#receive(limitAge(request, options), body, timeout, readJson<T>);
      } finally {
        timeout.stop();
      }
    });
  }

  /**
   * Sends a request, with retries until the response begins, and reads its text while it arrives.
   *
   * @throws ApiError, NetworkError, TimeoutError as {@link send}.
   */
  async *stream(request: HttpRequest, options: RequestOptions = {}): AsyncGenerator<string, void, undefined> {
    const silenceMs = options.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    yield* await this.#retry(request, options, () => this.open(limitAge(request, options), silenceMs, options.signal));
  }

  /**
   * Sends a request once, and reads the text of its response while it arrives.
   *
   * @param silenceMs how long to wait if nothing arrives, in milliseconds.
   */
  async open(
    request: HttpRequest,
    silenceMs: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncGenerator<string, void, undefined>> {
    const timeout = new Timeout(silenceMs, signal);
    try {
      return await this.#receive(request, undefined, timeout, async (response) => readText(response, timeout));
    } catch (error) {
      timeout.stop();
      throw error;
    }
  }

  async #retry<T>(
    { method, repeatable = true }: HttpRequest,
    { signal, deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS }: RequestOptions,
    attempt: (remainingMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock } = this;
    const deadline = clock.now() + deadlineMs;
    let uncertain = false;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt(deadline - clock.now());
      } catch (error) {
        signal?.throwIfAborted();
        // An earlier attempt may have deleted it.
        if (uncertain && method === 'DELETE' && error instanceof ApiError && error.status === 404) {
          return { ...error.response, data: undefined } as T;
        }
        const delayMs = retryDelayMs(error, failures, clock.now(), clock.random());
        if (!isRetryable(error, repeatable) || clock.now() + delayMs >= deadline) throw error;
        uncertain ||= isUncertain(error);
        this.#options.onRetry?.({ error: error as Error, attempts: failures, delayMs });
        await clock.sleep(delayMs, signal);
      }
    }
  }

  /** Sends a request once, and reads a successful response with `read`. */
  async #receive<T>(
    { method, path, query, headers }: HttpRequest,
    body: string | undefined,
    timeout: Timeout,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { token, fetch: send = fetch } = this.#options;
    const sent = new Headers({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` });
    if (body !== undefined) sent.set('content-type', 'application/json');
    if (this.#consistencyToken !== '') sent.set(CONSISTENCY_TOKEN, this.#consistencyToken);
    for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) sent.set(name, value);
    try {
      const response = await send(`${this.#baseUrl}${path}${toQueryString(query)}`, {
        method,
        headers: sent,
        signal: timeout.signal,
        // A redirect would turn a POST into a GET.
        redirect: 'manual',
        ...(body !== undefined && { body }),
      });
      const consistencyToken = response.headers.get(CONSISTENCY_TOKEN) ?? '';
      if (consistencyToken > this.#consistencyToken) this.#consistencyToken = consistencyToken;
      if (!response.ok && response.status !== 304) throw await toApiError(response);
      return await read(response);
    } catch (error) {
      throw toClientError(error, timeout.signal);
    }
  }
}

/** `?` and the parameters, or nothing without any. */
function toQueryString(query: object = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(UNDERSCORED.includes(name) ? `_${name}` : name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

async function readJson<T>(response: Response): Promise<WithResponse<T>> {
  const info = describeResponse(response);
  const text = await response.text();
  try {
    return { ...info, data: (text === '' ? undefined : JSON.parse(text)) as T };
  } catch {
    throw new ApiError({ message: 'the response is not JSON' }, info);
  }
}

async function toApiError(response: Response): Promise<ApiError> {
  const text = await response.text();
  let body: Partial<ErrorBody> = {};
  try {
    const parsed = JSON.parse(text);
    // Otherwise, it is from a proxy.
    if (parsed?.code !== undefined && parsed.requestId !== undefined) body = parsed;
  } catch {
    // It is from a proxy.
  }
  return new ApiError(body, describeResponse(response));
}

/** Adds `Cache-Control` to a read. */
function limitAge(request: HttpRequest, { maxAgeSeconds }: RequestOptions): HttpRequest {
  if (maxAgeSeconds === undefined || request.method !== 'GET') return request;
  return { ...request, headers: { ...request.headers, 'cache-control': `max-age=${maxAgeSeconds}` } };
}
