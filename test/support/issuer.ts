import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** The API that the issuer's tokens are for. */
export const AUDIENCE = 'https://tasks.example.com';

const SCOPES = 'users:read users:write tasks:read tasks:write admin';
const CLIENT = { client_id: 'reports', client_secret: 'a secret of the reports' };

/** An OpenID Connect provider on this machine. */
export interface Issuer {
  url: string;
  /** How often each path was asked for. */
  asked: Map<string, number>;
  /** Gets a token as a service does, with the client credentials grant (RFC 6749, section 4.4). */
  clientToken: (scope: string) => Promise<string>;
  /** Signs claims with the newest key: over those of a good token, `undefined` leaves one out. */
  sign: (claims: Record<string, unknown>, header?: object) => Promise<string>;
  /** Puts a new key in the place of the one there is, for RS256 unless told. */
  rotate: (algorithm?: string) => Promise<void>;
  /** What it publishes in place of its metadata. */
  pretend: (metadata: object | undefined) => void;
  /** Ends it, until `start`. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

/** Starts a provider that is stopped when the test ends. */
export async function startIssuer(t: TestContext): Promise<Issuer> {
  const asked = new Map<string, number>();
  let answer: RequestListener = () => undefined;
  let pretended: object | undefined;
  let key: CryptoKey;
  let alg = 'RS256';
  let keys = 0;
  let server: Server | undefined;
  let port = 0;

  const start = async () => {
    server = createServer((request, response) => {
      const path = request.url as string;
      asked.set(path, (asked.get(path) ?? 0) + 1);
      if (pretended !== undefined && path.startsWith('/.well-known/')) response.end(JSON.stringify(pretended));
      else answer(request, response);
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
    const provider = await quietly(async () => {
      const { default: Provider } = await import('oidc-provider');
      return new Provider(url, configuration(jwk, alg));
    });
    answer = provider.callback();
  };
  await rotate();

  return {
    url,
    asked,
    rotate,
    stop,
    start,
    pretend: (metadata) => {
      pretended = metadata;
    },
    clientToken: async (scope) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope, ...CLIENT });
      const response = await fetch(`${url}/token`, { method: 'POST', body });
      const { access_token: token } = (await response.json()) as { access_token: string };
      return token;
    },
    sign: (claims, header) => {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: url, aud: AUDIENCE, sub: 'somebody', iat: now, exp: now + 3600, ...claims } as JWTPayload;
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
      // A JWT is given for a resource only; without one, tokens are opaque.
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

/** The provider warns that Node's version is no LTS, and that its storage is for development: it is. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await run();
  } finally {
    console.warn = warn;
  }
}
