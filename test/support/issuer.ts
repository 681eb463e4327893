import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** The audience of the issuer's tokens. */
export const AUDIENCE = 'https://tasks.example.com';

const SCOPES = 'users:read users:write tasks:read tasks:write admin';
const CLIENT = { client_id: 'reports', client_secret: 'a secret of the reports' };

/** An OpenID Connect provider in this process. */
export interface Issuer {
  url: string;
  /** The number of requests by path. */
  requestCounts: Map<string, number>;
  /** Gets a service token with the client credentials grant (RFC 6749, section 4.4). */
  clientToken: (scope: string) => Promise<string>;
  /** Signs a token with the newest key. The claims override those of a valid token; `undefined` removes one. */
  sign: (claims: Record<string, unknown>, header?: object) => Promise<string>;
  /** Replaces the key. The algorithm is RS256 by default. */
  rotate: (algorithm?: string) => Promise<void>;
  /** Replaces the published metadata. Undefined restores it. */
  publish: (metadata: object | undefined) => void;
  /** Stops it, until `start`. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

/** Starts a provider that is stopped when the test ends. */
export async function startIssuer(t: TestContext): Promise<Issuer> {
  const requestCounts = new Map<string, number>();
  let handler: RequestListener = () => undefined;
  let published: object | undefined;
  let key: CryptoKey;
  let alg = 'RS256';
  let keys = 0;
  let server: Server | undefined;
  let port = 0;

  const start = async () => {
    server = createServer((request, response) => {
      const path = request.url as string;
      requestCounts.set(path, (requestCounts.get(path) ?? 0) + 1);
      if (published !== undefined && path.startsWith('/.well-known/')) response.end(JSON.stringify(published));
      else handler(request, response);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const closed = server?.listening ? once(server, 'close') : undefined;
    server?.close();
    server?.closeAllConnections();
    await closed;
  };
  t.after(stop);
  await start();
  const url = `http://127.0.0.1:${port}`;

  const rotate = async (algorithm = 'RS256') => {
    alg = algorithm;
    const pair = await generateKeyPair(alg, { extractable: true });
    key = pair.privateKey;
    const kid = `key-${++keys}`;
    const jwk = { ...(await exportJWK(key)), kid, alg, use: 'sig' };
    const provider = await withoutWarnings(async () => {
      const { default: Provider } = await import('oidc-provider');
      return new Provider(url, configuration(jwk, alg));
    });
    handler = provider.callback();
  };
  await rotate();

  return {
    url,
    requestCounts,
    rotate,
    stop,
    start,
    publish: (metadata) => {
      published = metadata;
    },
    clientToken: async (scope) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope, ...CLIENT });
      const response = await fetch(`${url}/token`, { method: 'POST', body });
      const { access_token: token } = (await response.json()) as { access_token: string };
      return token;
    },
    sign: (claims, header) => {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: url, aud: AUDIENCE, sub: 'subject', iat: now, exp: now + 3600, ...claims } as JWTPayload;
      return new SignJWT(payload).setProtectedHeader({ alg, kid: `key-${keys}`, ...header }).sign(key);
    },
  };
}

function configuration(jwk: object, alg: string): object {
  return {
    jwks: { keys: [jwk] },
    clients: [
      {
        ...CLIENT,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: alg,
      },
    ],
    scopes: SCOPES.split(' '),
    ttl: { ClientCredentials: 3600 },
    extraTokenClaims: () => ({ client_type: 'service' }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      // Access tokens are JWTs only with a resource; without one they are opaque.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          scope: SCOPES,
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg } },
        }),
      },
    },
  };
}

/** Suppresses warnings about a Node version that is not LTS and about in-memory storage. */
async function withoutWarnings<T>(run: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await run();
  } finally {
    console.warn = warn;
  }
}
