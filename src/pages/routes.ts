import type { FastifyPluginAsync } from 'fastify';
import { bodyTag, sendTagged } from '../http/resource/etag.ts';
import { readProgramFile } from '../program-files.ts';

/** A page, or a file that it loads. */
interface Asset {
  path: string;
  type: string;
  file: URL;
}

const own = (name: string) => new URL(name, import.meta.url);
const swaggerUi = (name: string) => new URL(import.meta.resolve(`@fastify/swagger-ui/static/${name}`));

/**
 * The reference page and the files it loads. The files of Swagger UI are served directly instead of by its plugin, which
 * would add routes without the scopes and methods that this service requires.
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
  // Browsers request this path for every site.
  { path: '/favicon.ico', type: 'image/x-icon', file: own('favicon.ico') },
];

/** Pages may load files of this service only. Swagger UI also needs inline styles and `data:` images. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** The response of `/` to clients other than browsers. */
const INDEX = {
  name: 'Task Management API',
  version: '1.0.0',
  console: '/console',
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/health/ready',
};

/**
 * `/`, an index, and `/docs`, the API reference. They need no token. The files are read at start, so that serving them
 * needs no file descriptors.
 */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  const open = { config: { public: true }, schema: { hide: true } };

  for (const { path, type, file } of ASSETS) {
    const body = readProgramFile(file);
    const tag = bodyTag(body);
    app.get(path, open, (request, reply) => {
      // Browsers must not show an old page after the service is updated.
      reply.type(type).header('cache-control', 'no-cache').header('content-security-policy', PAGE_POLICY);
      return sendTagged(request, reply, tag, body);
    });
  }

  // Relative, because a proxy may add a path prefix.
  app.get('/docs/', open, (_request, reply) => reply.redirect('../docs', 308));

  const home = readProgramFile(own('home.html'));
  app.get('/', open, (request, reply) => {
    reply.header('vary', 'Accept');
    if (!String(request.headers.accept).includes('text/html')) return reply.send(INDEX);
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY);
    return reply.send(home);
  });
};
