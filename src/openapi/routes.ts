import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify';
import { bodyTag, sendTagged } from '../http/resource/etag.ts';
import { describeApi } from './document.ts';

/** Collects all routes that are added after this call. */
export function collectRoutes(app: FastifyInstance): readonly RouteOptions[] {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  return routes;
}

/** `/openapi.json`: the OpenAPI document, generated at the first request. */
export const openApiRoutes: FastifyPluginAsync<{ routes: readonly RouteOptions[] }> = async (app, { routes }) => {
  let body: string | undefined;
  app.get('/openapi.json', { config: { public: true }, schema: { hide: true } }, (request, reply) => {
    body ??= JSON.stringify(describeApi(routes));
    reply.type('application/json; charset=utf-8');
    return sendTagged(request, reply, bodyTag(body), body);
  });
};
