import type { FastifyInstance } from 'fastify';

/** That an operation will be removed: see docs/upgrading.md. */
export interface Deprecation {
  /** The day since which it is deprecated, such as `2026-11-28`. */
  since: string;
  /** The day from which it may be missing, if it is known. */
  sunset?: string;
  /** The URL of the page that describes what to use instead. */
  link: string;
}

/** Adds `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` to the responses of deprecated routes. Call it before they are added. */
export function addDeprecationHeaders(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const deprecated = route.config?.deprecated;
    if (deprecated === undefined) return;
    const { since, sunset, link } = deprecated;
    // Hooks of the route run after errors of all kinds, and cost other routes nothing.
    route.onSend = async (_request, reply) => {
      reply.header('deprecation', `@${Date.parse(since) / 1000}`);
      if (sunset !== undefined) reply.header('sunset', new Date(sunset).toUTCString());
      const links = [reply.getHeader('link'), `<${link}>; rel="deprecation"; type="text/html"`];
      reply.header('link', links.filter(Boolean).join(', '));
    };
  });
}
