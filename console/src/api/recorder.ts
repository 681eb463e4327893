import { createStore } from './store.ts';

/** A request that the console has sent, without its token. */
export interface RecordedRequest {
  id: number;
  method: string;
  /** With the query, below the URL of the service: `/tasks?_perPage=100`. */
  path: string;
  /** The JSON text of the body. */
  body: string | undefined;
  /** Headers other than `Authorization` and `Content-Type`: `If-Match`, `Prefer`. */
  headers: Record<string, string>;
  /** Undefined without a response. */
  status: number | undefined;
  /** When it was sent, in milliseconds since the epoch. */
  sentAt: number;
  durationMs: number;
}

const MAX_REQUESTS = 50;
const LEFT_OUT = ['authorization', 'content-type', 'idempotency-key'];

/** The last requests, newest first: for "copy as curl". The event stream is not among them. */
export const recordedRequests = createStore<readonly RecordedRequest[]>([]);

let count = 0;

/** Records a request. `url` is the URL of the service. */
export function recordRequest(
  url: string,
  target: string,
  init: RequestInit,
  status: number | undefined,
  sentAt: number,
): void {
  const headers = Object.fromEntries([...new Headers(init.headers)].filter(([name]) => !LEFT_OUT.includes(name)));
  const request: RecordedRequest = {
    id: ++count,
    method: init.method ?? 'GET',
    path: `/${target.slice(url.length)}`,
    body: typeof init.body === 'string' ? init.body : undefined,
    headers,
    status,
    sentAt,
    durationMs: Date.now() - sentAt,
  };
  recordedRequests.set([request, ...recordedRequests.get()].slice(0, MAX_REQUESTS));
}
