/** What a response has beside its body. */
export interface ResponseInfo {
  status: number;
  headers: Headers;
  /** The version of the resource or page, for `ifMatch` and `ifNoneMatch`. */
  etag: string | undefined;
  requestId: string | undefined;
  /** Undefined if the plan of the token has no limit. */
  rateLimit: RateLimit | undefined;
}

/** The window, a minute or a day, that has the fewest requests left. */
export interface RateLimit {
  /** The number of requests in the window. */
  limit: number;
  /** The number of requests left in it. */
  remaining: number;
  /** When the window ends. */
  resetsAt: Date;
}

/** A result with its response. */
export interface WithResponse<T> extends ResponseInfo {
  data: T;
}

/** The result of an operation. */
export interface ApiPromise<T> extends Promise<T> {
  /** Resolves with the result and its response, for the `etag` and the rate limit. */
  withResponse(): Promise<WithResponse<T>>;
}

export function describeResponse({ status, headers }: Response): ResponseInfo {
  const limit = headers.get('x-ratelimit-limit');
  return {
    status,
    headers,
    etag: headers.get('etag') ?? undefined,
    requestId: headers.get('x-request-id') ?? undefined,
    rateLimit:
      limit === null
        ? undefined
        : {
            limit: Number(limit),
            remaining: Number(headers.get('x-ratelimit-remaining')),
            resetsAt: new Date(Number(headers.get('x-ratelimit-reset')) * 1000),
          },
  };
}

export function toApiPromise<T>(sent: Promise<WithResponse<T>>): ApiPromise<T> {
  const data = sent.then((response) => response.data);
  const withResponse = () => {
    // The caller handles the error of `sent`.
    data.catch(() => undefined);
    return sent;
  };
  return Object.assign(data, { withResponse });
}
