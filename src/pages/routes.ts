import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyPluginAsync } from 'fastify';
import { bodyTag, sendTagged } from '../http/conditional.ts';

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
  { path: '/docs/favicon.png', type: 'image/png', file: swaggerUi('favicon-32x32.png') },
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

/** `/`, which says where things are, and `/docs`, the reference for people. No token is needed to read them. */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  const open = { config: { public: true }, schema: { hide: true } };

  for (const { path, type, file } of ASSETS) {
    const load = once(async () => {
      const body = await readFile(file);
      return { body, tag: bodyTag(body) };
    });
    app.get(path, open, async (request, reply) => {
      const { body, tag } = await load();
      // After an update of the service nobody should see the old page.
      reply.type(type).header('cache-control', 'no-cache').header('content-security-policy', PAGE_POLICY);
      return sendTagged(request, reply, tag, body);
    });
  }

  const loadHome = once(() => readFile(own('home.html')));
  app.get('/', open, async (request, reply) => {
    reply.header('vary', 'Accept');
    if (!String(request.headers.accept).includes('text/html')) return INDEX;
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY);
    return reply.send(await loadHome());
  });
};

/** Calls a function when its result is first asked for, and keeps it. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
