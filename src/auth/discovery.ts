import { createRemoteJWKSet, type RemoteJWKSet } from 'jose';
import { isSafeUrl } from '../formats/url.ts';

/** The time limit of each of the two requests. */
const REQUEST_TIMEOUT_MS = 3_000;

/**
 * Fetches the JWKS of an issuer (RFC 7517). Its URL comes from OpenID Connect Discovery 1.0, section 4.
 *
 * @throws Error if the issuer is unavailable, its metadata names another issuer, or it publishes no JWKS.
 */
export async function fetchJwks(issuer: string): Promise<RemoteJWKSet> {
  const jwks = createRemoteJWKSet(await discoverJwksUrl(issuer), {
    timeoutDuration: REQUEST_TIMEOUT_MS,
    // JwksCache decides when to fetch again, because its clock is configurable.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  await jwks.reload();
  return jwks;
}

async function discoverJwksUrl(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  // A redirect could lead to a server that anyone can write to.
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
  const metadata = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown } | null;
  // OpenID Connect Discovery 1.0, section 4.3. Otherwise, one issuer could impersonate another.
  if (metadata?.issuer !== issuer) {
    throw new Error(`${url} is of the issuer ${JSON.stringify(metadata?.issuer)}, not ${issuer}`);
  }
  const jwksUrl = URL.parse(String(metadata.jwks_uri));
  if (jwksUrl === null || !isSafeUrl(jwksUrl)) throw new Error(`${url} has no jwks_uri that begins with https:`);
  return jwksUrl;
}
