import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { EmailConfirmation } from '../../domain/emails.ts';
import type { Store } from '../../domain/store.ts';
import { formatInstant } from '../../formats/date-time.ts';
import { notFound } from '../../http/errors/api-error.ts';
import { bodyTag, sendTaggedBody } from '../../http/resource/etag.ts';
import { rateLimitExceededUntil } from '../../rate-limit/rate-limits.ts';
import { traceparentOf } from '../../tracing/request-trace.ts';
import { UserParams } from '../../users/schema.ts';
import { getEmailConfirmation, requestEmailConfirmation } from './operations.ts';
import { EmailConfirmationSchema } from './schema.ts';

export interface EmailConfirmationRoutesOptions {
  store: Store;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** `/users/{userId}/email-confirmation`, registered only if `CONFIRM_EMAIL` is on. */
export const emailConfirmationRoutes: FastifyPluginAsyncTypebox<EmailConfirmationRoutesOptions> = async (
  app,
  { store, clock },
) => {
  const url = '/users/:userId/email-confirmation';

  app.get(
    url,
    {
      config: { scope: 'users:read', ownership: 'path-parameter' },
      schema: { ...getEmailConfirmation, params: UserParams, response: { 200: EmailConfirmationSchema } },
    },
    async (request, reply) => {
      const found = await store.emails.getConfirmation(request.params.userId);
      if (found === undefined) throw notFound();
      return sendTaggedBody(request, reply, toBody(found));
    },
  );

  app.post(
    url,
    {
      config: { scope: 'users:write', ownership: 'path-parameter' },
      schema: { ...requestEmailConfirmation, params: UserParams, response: { 202: EmailConfirmationSchema } },
    },
    async (request, reply) => {
      const outcome = await store.emails.requestConfirmation(request.params.userId, traceparentOf(request));
      if (outcome === undefined) throw notFound();
      if ('retryAt' in outcome) throw rateLimitExceededUntil(outcome.retryAt, clock());
      reply.code(202).type('application/json; charset=utf-8');
      const body = reply.serialize(toBody(outcome)) as string;
      return reply.header('etag', bodyTag(body)).send(body as never);
    },
  );
};

/** The state in responses. */
function toBody({ contactEmail, state, sentAt, confirmedAt, expiresAt }: EmailConfirmation) {
  return {
    contactEmail,
    state,
    ...(sentAt !== null && { sentAt: formatInstant(sentAt) }),
    ...(confirmedAt !== null && { confirmedAt: formatInstant(confirmedAt) }),
    ...(expiresAt !== null && confirmedAt === null && { expiresAt: formatInstant(expiresAt) }),
  };
}
