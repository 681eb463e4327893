import type { FastifyInstance } from 'fastify';
import { METHODS } from '../node-http.ts';
import { methodNotAllowed } from './errors/api-error.ts';

/** The methods of each path, and whether it is public. */
type PathMethods = Map<string, { methods: Set<string>; config: { public: boolean } }>;

/** The OpenAPI document describes 405 with each operation. */
const HIDDEN = { hide: true };

/**
 * Collects the methods of each path. Must be called before the first route is added. Pass the result to
 * {@link addMissingMethods} after the last one.
 */
export function collectMethods(app: FastifyInstance): PathMethods {
  // Fastify supports only the common methods by default. CONNECT requests a tunnel and never reaches a route.
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }
  const byPath: PathMethods = new Map();
  app.addHook('onRoute', ({ url, method, config }) => {
    const path = byPath.get(url) ?? { methods: new Set(), config: { public: config?.public === true } };
    byPath.set(url, path);
    for (const one of [method].flat()) path.methods.add(one);
  });
  return byPath;
}

/** Adds routes for the methods that a path lacks: 204 for OPTIONS, 405 for the others, both with `Allow`. */
export function addMissingMethods(app: FastifyInstance, byPath: PathMethods): void {
  for (const [url, { methods, config }] of [...byPath]) {
    const allow = [...methods, 'OPTIONS'].sort().join(', ');
    app.options(url, { config, schema: HIDDEN }, (_request, reply) => {
      reply.code(204).header('allow', allow).send();
    });
    app.route({
      method: app.supportedMethods.filter((method) => method !== 'OPTIONS' && !methods.has(method)),
      url,
      config,
      schema: HIDDEN,
      // A hook instead of the handler, so that the body is neither read nor validated.
      onRequest: (_request, _reply, done) => done(methodNotAllowed(allow)),
      handler: () => undefined,
    });
  }
}
