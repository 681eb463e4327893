import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Store } from '../domain/store.ts';
import { serviceUnavailable } from '../http/errors/api-error.ts';
import { ErrorSchema } from '../http/errors/error-schema.ts';
import { Type } from '../type.ts';
import { getLiveness, getReadiness } from './operations.ts';

const HealthSchema = Type.Object({ status: Type.Literal('ok') }, { title: 'Health', examples: [{ status: 'ok' }] });

/** `/health/live` and `/health/ready`, for orchestrators and load balancers. They need no token. */
export const healthRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.get(
    '/health/live',
    { config: { public: true }, schema: { ...getLiveness, response: { 200: HealthSchema } } },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/health/ready',
    { config: { public: true }, schema: { ...getReadiness, response: { 200: HealthSchema, 503: ErrorSchema } } },
    async () => {
      try {
        await store.ping();
      } catch (error) {
        throw serviceUnavailable(error);
      }
      return { status: 'ok' as const };
    },
  );
};
