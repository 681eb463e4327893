import { randomBytes } from 'node:crypto';
import { Webhook as Signer } from 'standardwebhooks';

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

/** The specification requires 24 to 64. */
const SECRET_BYTES = 32;

/** Generates a secret, in the format that libraries for receivers expect. */
export function generateWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The headers by which a receiver verifies who sent a body, and when.
 *
 * @param secrets one signature is made with each: two while a secret is being rotated.
 * @param id the same for all attempts at a delivery.
 * @param now in milliseconds since the epoch.
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
