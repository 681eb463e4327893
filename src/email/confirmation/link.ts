import { hash, randomBytes } from 'node:crypto';

/** 32 bytes in base64url. */
const TOKEN = /^[\w-]{43}$/;
const TOKEN_BYTES = 32;

/** The path of the confirmation page. */
export const CONFIRM_PATH = '/confirm-email';

/** A link that confirms an address, and the hash that is stored for it. */
export interface ConfirmationLink {
  url: string;
  tokenHash: Uint8Array;
}

/**
 * Generates a link. The token is in the fragment, which browsers never send, so that it is in no log and no `Referer`.
 *
 * @param publicUrl the URL of the service, without a slash at the end.
 */
export function newConfirmationLink(publicUrl: string): ConfirmationLink {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { url: `${publicUrl}${CONFIRM_PATH}#${token}`, tokenHash: hashToken(token) };
}

/** The hash of a submitted token or whole link. Undefined if it contains no token. */
export function parseToken(text: string): Uint8Array | undefined {
  const token = text.trim().replace(/^.*#/s, '');
  return TOKEN.test(token) ? hashToken(token) : undefined;
}

/** Needs no salt or stretching, because tokens are random. Looking up the hash reveals nothing by timing. */
function hashToken(token: string): Uint8Array {
  return hash('sha256', token, 'buffer');
}
