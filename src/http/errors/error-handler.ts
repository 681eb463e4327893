import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { requestFields } from '../../tracing/request-trace.ts';
import {
  ApiError,
  bodyNotAnObject,
  errorBody,
  InsufficientScope,
  malformedRequest,
  payloadTooLarge,
  serverError,
  serviceUnavailable,
  wrongContentType,
} from './api-error.ts';
import type { OutageLog } from './outage-log.ts';
import { requestError } from './request-errors.ts';
import { Unavailable } from './unavailable.ts';

/** The size of a body that is read and discarded, so that its connection can stay open. */
const MAX_DISCARDED_BYTES = 4 * 1024 * 1024;

/** Converts every error into an error response of the API, and logs what the response does not show. */
export function handleErrors(app: FastifyInstance, logger: Logger, outages: OutageLog): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const apiError = toApiError(error, request);
    const source = error instanceof ApiError ? error.cause : error;
    if (isDatabaseOutage(source)) {
      outages.record(source, requestFields(request));
    } else if (apiError.statusCode >= 500 && !(source instanceof Unavailable)) {
      const level = apiError.statusCode === 500 ? 'error' : 'warn';
      logger[level]({ ...requestFields(request), err: error }, 'request failed');
    }
    if (apiError instanceof InsufficientScope) request.missingScope = apiError.missingScope;
    if (isDiscarded(error, request)) reply.removeHeader('connection');
    if (apiError.headers !== undefined) reply.headers(apiError.headers);
    return reply.code(apiError.statusCode).send(errorBody(apiError, request.id));
  });
}

/**
 * Whether the rest of a body that is too large is read. Fastify closes the connection instead, which resets it while the client
 * is sending: a proxy such as nginx then often responds with 502, because it has not read the 413.
 */
function isDiscarded({ code }: FastifyError, { headers }: FastifyRequest): boolean {
  return code === 'FST_ERR_CTP_BODY_TOO_LARGE' && Number(headers['content-length']) <= MAX_DISCARDED_BYTES;
}

/** Whether the whole database is unavailable, not only for this request. */
function isDatabaseOutage(error: unknown): error is StoreUnavailable {
  return error instanceof StoreUnavailable && !(error instanceof StoreBusy);
}

function toApiError(error: FastifyError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreUnavailable) return serviceUnavailable(error);
  if (error instanceof Unavailable) return serviceUnavailable(error, error.retryAfter);
  if (error.validation !== undefined) return requestError(request);
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return requestError(request, wrongContentType());
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return payloadTooLarge();
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return bodyNotAnObject('it is not as long as `Content-Length` says', error);
    case 'ECONNRESET':
      // The client closed the connection while sending the body. It gets no response; the log must not show a 500.
      return malformedRequest(error);
    default:
      return serverError(error);
  }
}
