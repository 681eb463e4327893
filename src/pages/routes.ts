import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyPluginAsync } from 'fastify';
import { bodyTag, sendTagged } from '../http/resource/etag.ts';

/** A file that a page is or loads. */
interface Asset {
  path: string;
  type: string;
  file: string;
}

const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const swaggerUi = (name: string) => fileURLToPath(import.meta.resolve(`@fastify/swagger-ui/static/${name}`));

/**
 * The reference page with all that it loads: Swagger UI, of whose package the files are taken and not the plugin, which
 * would add routes without scope or methods of their own.
 */
const ASSETS: Asset[] = [
  { path: '/docs', type: 'text/html; charset=utf-8', file: own('reference.html') },
  { path: '/docs/page.css', type: 'text/css; charset=utf-8', file: own('page.css') },
  { path: '/docs/reference.js', type: 'text/javascript; charset=utf-8', file: own('reference.js') },
  { path: '/docs/swagger-ui.css', type: 'text/css; charset=utf-8', file: swaggerUi('swagger-ui.css') },
  {
    path: '/docs/swagger-ui-bundle.js',
    type: 'text/javascript; charset=utf-8',
    file: swaggerUi('swagger-ui-bundle.js'),
  },
  // Browsers ask for it of their own accord, too.
  { path: '/favicon.ico', type: 'image/x-icon', file: own('favicon.ico') },
];

/** What the pages may load: their own files, and what Swagger UI has in its styles. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** Where to go on from `/`. */
const INDEX = {
  name: 'Task Management API',
  version: '1.0.0',
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/health/ready',
};

/**
 * `/`, which says where things are, and `/docs`, the reference for people. No token is needed to read them. The files are
 * read at start: later there may be none that can be opened.
 */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  const open = { config: { public: true }, schema: { hide: true } };

  for (const { path, type, file } of ASSETS) {
    const body = await readFile(file);
    const tag = bodyTag(body);
    app.get(path, open, (request, reply) => {
      // After an update of the service nobody should see the old page.
      reply.type(type).header('cache-control', 'no-cache').header('content-security-policy', PAGE_POLICY);
      return sendTagged(request, reply, tag, body);
    });
  }

  // Relative, since a proxy may have put a path in front.
  app.get('/docs/', open, (_request, reply) => reply.redirect('../docs', 308));

  const home = await readFile(own('home.html'));
  app.get('/', open, (request, reply) => {
    reply.header('vary', 'Accept');
    if (!String(request.headers.accept).includes('text/html')) return reply.send(INDEX);
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY);
    return reply.send(home);
  });
};
