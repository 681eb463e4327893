import type { ResponseInfo } from './response.ts';
import type { ErrorBody, ErrorCode, ErrorDetail } from './types.ts';

/**
 * An error response. Handle a `code` that you do not know by its `status`: a minor version of the service may add codes.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The kind of error; `UNEXPECTED_RESPONSE` if the response is not from the service, such as one of a proxy. */
  readonly code: ErrorCode | 'UNEXPECTED_RESPONSE';
  /** The HTTP status. */
  readonly status: number;
  /** The invalid fields; empty if the code is neither `INVALID_FIELD` nor `MISSING_REQUIRED_FIELD`. */
  readonly details: readonly ErrorDetail[];
  /** Include it when you ask for help: the log of the service has it. Undefined if the response has none. */
  readonly requestId: string | undefined;
  /** Headers and rate limit of the response. */
  readonly response: ResponseInfo;

  constructor(body: Partial<ErrorBody>, response: ResponseInfo) {
    super(body.message ?? `unexpected response with status ${response.status}`);
    this.code = body.code ?? 'UNEXPECTED_RESPONSE';
    this.status = response.status;
    this.details = body.details ?? [];
    this.requestId = body.requestId ?? response.requestId;
    this.response = response;
  }
}

/** There is no response, or it is incomplete: the request may have been processed. `cause` is the error of `fetch`. */
export class NetworkError extends Error {
  override readonly name: string = 'NetworkError';
}

/** The response did not arrive in time: the request may have been processed. */
export class TimeoutError extends NetworkError {
  override readonly name = 'TimeoutError';
}

/** The request is not a valid delivery of a webhook: respond with 400, and do not use its body. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

/** The error to throw if a request, or the reading of its response, fails. @param signal the signal of the request. */
export function toClientError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return error instanceof ApiError ? error : new NetworkError('the response was lost or incomplete', { cause: error });
}
