import { randomBytes } from 'node:crypto';
import { Webhook as Signer } from 'standardwebhooks';

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new secret, in the form in which receivers take it. */
export function generateWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The headers by which a receiver knows that a body is from here.
 *
 * @param secrets each makes a signature: two while a secret is being rotated.
 * @param id the same whenever the same delivery is sent.
 * @param now milliseconds since the epoch.
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  now: number,
  body: string,
): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map((secret) => new Signer(secret).sign(id, new Date(seconds * 1000), body)).join(' '),
  };
}
