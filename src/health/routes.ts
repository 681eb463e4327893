import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { serviceUnavailable } from '../http/errors.ts';
import type { Store } from '../storage/store.ts';

/** What an orchestrator asks, without a token: is the process alive, and can it serve? */
export const healthRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.get('/health/live', { config: { public: true } }, async () => ({ status: 'ok' }));

  app.get('/health/ready', { config: { public: true } }, async () => {
    try {
      await store.ping();
    } catch (error) {
      throw serviceUnavailable(error);
    }
    return { status: 'ok' };
  });
};
