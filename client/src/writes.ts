import type { Http, HttpRequest } from './http.ts';
import type { ChangeOptions, CreateOptions, Lenient, RequestOptions } from './options.ts';
import { type ApiPromise, toApiPromise } from './response.ts';

/** Creates a resource, or a batch, exactly once: a lost response is no reason to create it again. */
export function create<T>(http: Http, path: string, body: unknown, options: CreateOptions = {}): ApiPromise<T> {
  return toApiPromise(http.send(toCreation(path, body, options), options));
}

export function update<T>(http: Http, path: string, body: unknown, options: ChangeOptions = {}): ApiPromise<T> {
  const headers = { 'if-match': options.ifMatch };
  return toApiPromise(http.send({ method: 'PATCH', path, body, headers }, options));
}

export function remove(http: Http, path: string, options: ChangeOptions = {}): ApiPromise<void> {
  const headers = { 'if-match': options.ifMatch };
  return toApiPromise(http.send({ method: 'DELETE', path, headers }, options));
}

/** Sends a POST that is not repeated if its response is lost, because the service would process it again. */
export function postOnce<T>(http: Http, path: string, options?: RequestOptions): ApiPromise<T> {
  return toApiPromise(http.send({ method: 'POST', path, repeatable: false }, options));
}

export type BatchOptions = RequestOptions & Partial<Lenient>;

/** Creates a batch; returns the items in the body, or `results` if it is lenient. */
export function createBatch<T>(
  http: Http,
  path: string,
  body: Record<string, readonly unknown[]>,
  options: CreateOptions & Partial<Lenient> = {},
): ApiPromise<T> {
  return sendBatch(http, toCreation(path, body, options), options);
}

/** Sends a batch; returns the items in the body, or `results` if it is lenient. */
export function sendBatch<T>(http: Http, request: HttpRequest, options: BatchOptions = {}): ApiPromise<T> {
  const prefer = options.lenient ? 'handling=lenient' : undefined;
  const sent = http.send<Record<string, T> | undefined>(
    { ...request, headers: { ...request.headers, prefer } },
    options,
  );
  // The body has one property, or there is none.
  const unwrap = async () => {
    const { data, ...response } = await sent;
    return { ...response, data: Object.values(data ?? {})[0] as T };
  };
  return toApiPromise(unwrap());
}

function toCreation(path: string, body: unknown, { idempotencyKey = randomKey() }: CreateOptions): HttpRequest {
  return { method: 'POST', path, body, headers: { 'idempotency-key': idempotencyKey } };
}

/** 128 random bits. `crypto.randomUUID` is missing in pages without HTTPS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
