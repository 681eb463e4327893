import { WebhookVerificationError } from './errors.ts';
import type { ApiEvent, WebhookTestEvent } from './types.ts';

const TOLERANCE_SECONDS = 300;

export interface VerifyOptions {
  /** How far the time of the delivery may differ from the clock, in seconds. 300 by default. */
  toleranceSeconds?: number;
  /** The time, in milliseconds since the epoch. */
  now?: number;
}

/** The headers of a request: of `fetch`, or of a server of Node. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * Verifies a delivery of a webhook as specified by Standard Webhooks, and returns its event.
 *
 * @param body the body exactly as it was received.
 * @param secrets the `secret` of the webhook, or several, of which one must match.
 * @throws WebhookVerificationError if no signature is valid, or the delivery is too old.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: VerifyOptions = {},
): Promise<ApiEvent | WebhookTestEvent> {
  const read = (name: string) => (headers instanceof Headers ? headers.get(name) : headers[name]) ?? '';
  const id = read('webhook-id');
  const timestamp = read('webhook-timestamp');
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= toleranceSeconds)) {
    throw new WebhookVerificationError('the timestamp is missing, too old or in the future');
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const signatures = String(read('webhook-signature'))
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => fromBase64(signature.slice(3)));
  for (const secret of [secrets].flat()) {
    const bytes = fromBase64(secret.replace(/^whsec_/, ''));
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of signatures) {
      // Compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return JSON.parse(text);
    }
  }
  throw new WebhookVerificationError('no signature is valid');
}

/** @throws WebhookVerificationError for other characters. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new WebhookVerificationError('a signature or secret is not base64');
  }
}
