import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { DEVELOPMENT_TOKEN } from '../auth/token-verifier.ts';
import { notFound } from '../http/errors/api-error.ts';
import { listProgramFiles, readProgramFile } from '../program-files.ts';

/** What `scripts/build-console.ts` writes. The package and the executable have it in the same folder. */
const BUILD = new URL('../../console/dist/', import.meta.url);

/** Nothing inline, nothing from other hosts, and no text becomes a script. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The compressed forms of an asset, best first. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
];

const NOT_BUILT = 'The console is not built. Run: npm run build:console\n';

export interface ConsoleOptions {
  /** Development mode: the console signs in by itself. */
  acceptDevelopmentToken: boolean;
}

/**
 * `/console`, a single-page application, and the files that it loads. They need no token; the console asks for one. The
 * files are read at start, so that serving them needs no file descriptors.
 */
export const consoleRoutes: FastifyPluginAsync<ConsoleOptions> = async (app, { acceptDevelopmentToken }) => {
  const open = { config: { public: true }, schema: { hide: true } };
  const html = readPage(acceptDevelopmentToken);

  const sendPage = (request: FastifyRequest, reply: FastifyReply) => {
    if (html === undefined) return reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
    const [path = ''] = request.url.split('?');
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .header('content-security-policy', CONSOLE_POLICY)
      .header('referrer-policy', 'no-referrer');
    return reply.send(html.replaceAll('="./', `="${baseOf(path)}`));
  };
  for (const path of ['/console', '/console/', '/console/*']) app.get(path, open, sendPage);

  // One route for all: a route for each would be most of the time of a start.
  assets ??= html === undefined ? new Map() : readAssets();
  const files = assets;
  app.get<{ Params: { name: string } }>('/console/assets/:name', open, (request, reply) => {
    const asset = files.get(request.params.name);
    if (asset === undefined) throw notFound();
    reply.type(asset.type).header('cache-control', asset.cacheControl).header('vary', 'Accept-Encoding');
    const best = asset.encoded.find((encoding) => accepts(request, encoding.name));
    if (best === undefined) return reply.send(asset.body);
    return reply.header('content-encoding', best.name).send(best.body);
  });
};

interface Asset {
  type: string;
  cacheControl: string;
  body: Buffer;
  /** The compressed forms, best first. */
  encoded: { name: string; body: Buffer }[];
}

/** The files of the build, by name. Read once in a process. */
let assets: ReadonlyMap<string, Asset> | undefined;

function readAssets(): Map<string, Asset> {
  const names = listProgramFiles(new URL('assets/', BUILD));
  const originals = names.filter((name) => !ENCODINGS.some(({ suffix }) => name.endsWith(suffix)));
  return new Map(originals.map((name) => [name, readAsset(name)]));
}

function readAsset(name: string): Asset {
  const read = (suffix: string) => readProgramFile(new URL(`assets/${name}${suffix}`, BUILD));
  // The name of a built file has a hash of its content. That of the icon does not.
  const isHashed = /-[\w-]{8}\.\w+$/.test(name);
  return {
    type: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    cacheControl: isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    body: read(''),
    encoded: ENCODINGS.map(({ name: coding, suffix }) => ({ name: coding, body: read(suffix) })),
  };
}

/** The page, or undefined if the console is not built. */
function readPage(acceptDevelopmentToken: boolean): string | undefined {
  let html: string;
  try {
    html = readProgramFile(new URL('index.html', BUILD)).toString();
  } catch {
    return undefined;
  }
  const token = `<meta name="development-token" content="${DEVELOPMENT_TOKEN}">`;
  return acceptDevelopmentToken ? html.replace('</head>', `${token}</head>`) : html;
}

/** The relative URL of `/console/` from a path below it, because a proxy may add a path prefix. */
function baseOf(path: string): string {
  const depth = path.split('/').length - '/console'.split('/').length;
  return depth === 0 ? './console/' : `./${'../'.repeat(depth - 1)}`;
}

/** Whether the client accepts a content coding (RFC 9110, section 12.5.3). */
function accepts({ headers }: FastifyRequest, coding: string): boolean {
  const accepted = String(headers['accept-encoding'] ?? '').split(',');
  return accepted.some((one) => {
    const [name = '', weight = ''] = one.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !/^q=0(\.0*)?$/.test(weight);
  });
}
