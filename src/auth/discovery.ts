import { createRemoteJWKSet, type RemoteJWKSet } from 'jose';
import { isSafeUrl } from '../formats/url.ts';

/** How long each of the issuer's two answers may take, in milliseconds. */
const TIMEOUT = 3_000;

/**
 * Reads the keys that an issuer publishes: where they are is told by OpenID Connect Discovery 1.0 (section 4), the keys
 * are a JWK Set (RFC 7517).
 *
 * @throws Error when the issuer cannot be reached, calls itself otherwise, or publishes no keys.
 */
export async function fetchIssuerKeys(issuer: string): Promise<RemoteJWKSet> {
  const keys = createRemoteJWKSet(await discover(issuer), {
    timeoutDuration: TIMEOUT,
    // When to read them again is decided by the caller, whose clock can be turned.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  await keys.reload();
  return keys;
}

/** Where the issuer's keys are. */
async function discover(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  // A redirect could lead to where anybody publishes.
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const metadata = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown } | null;
  // Discovery, section 4.3: or one issuer could speak for another.
  if (metadata?.issuer !== issuer) {
    throw new Error(`${url} is of the issuer ${JSON.stringify(metadata?.issuer)}, not ${issuer}`);
  }
  const place = URL.parse(String(metadata.jwks_uri));
  if (place === null || !isSafeUrl(place)) throw new Error(`${url} has no jwks_uri that begins with https:`);
  return place;
}
