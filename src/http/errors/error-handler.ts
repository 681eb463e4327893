import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
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

/** Gives every error the contract's shape, whatever raised it. What the client is not told, the log is. */
export function handleErrors(app: FastifyInstance, logger: Logger, outages: OutageLog): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = toApiError(error, request);
    const outage = findOutage(error);
    if (outage !== undefined) {
      outages.record(outage, request.id);
    } else if (answer.statusCode >= 500 && !(error instanceof Unavailable)) {
      const level = answer.statusCode === 500 ? 'error' : 'warn';
      logger[level]({ requestId: request.id, err: error }, 'request failed');
    }
    if (answer instanceof InsufficientScope) request.missingScope = answer.missingScope;
    if (answer.headers !== undefined) reply.headers(answer.headers);
    return reply.code(answer.statusCode).send(errorBody(answer, request.id));
  });
}

/** The error by which the whole database is unavailable, not for this request alone. */
function findOutage(error: Error): StoreUnavailable | undefined {
  const source = error instanceof ApiError ? error.cause : error;
  return source instanceof StoreUnavailable && !(source instanceof StoreBusy) ? source : undefined;
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
      // The client went away in the middle of its body: nobody reads the answer, but the log should not call it ours.
      return malformedRequest(error);
    default:
      return serverError(error);
  }
}
