import { METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { methodNotAllowed } from './errors/api-error.ts';

/** What the routes of each path have in common: their methods, and whether the path is public. */
type PathMethods = Map<string, { methods: Set<string>; config: { public: boolean } }>;

/** The document speaks of 405 with each operation. */
const HIDDEN = { hide: true };

/**
 * Answers the methods that a path does not have: OPTIONS with 204, every other with 405, both with `Allow`. To be
 * called before the first route is added; {@link addMissingMethods} completes the work after the last one.
 */
export function collectMethods(app: FastifyInstance): PathMethods {
  // Fastify knows only the common ones at first. CONNECT never reaches a route: it asks for a tunnel.
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

/** To be called after the last route is added: see {@link collectMethods}. */
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
      // A hook and not the handler, so that the body is neither read nor judged.
      onRequest: (_request, _reply, done) => done(methodNotAllowed(allow)),
      handler: () => undefined,
    });
  }
}
