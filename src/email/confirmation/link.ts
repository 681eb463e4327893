import { hash, randomBytes } from 'node:crypto';

/** 32 bytes in base64url. */
const TOKEN = /^[\w-]{43}$/;
const TOKEN_BYTES = 32;

/** Where the page is that confirms. */
export const CONFIRM_PATH = '/confirm-email';

/** A new link that confirms an address, and what is stored of it. */
export interface ConfirmationLink {
  url: string;
  tokenHash: Uint8Array;
}

/**
 * The token stands behind `#`: a browser sends that to no server, so no log and no `Referer` has it.
 *
 * @param publicUrl where the service is, without a slash at the end.
 */
export function newConfirmationLink(publicUrl: string): ConfirmationLink {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { url: `${publicUrl}${CONFIRM_PATH}#${token}`, tokenHash: hashToken(token) };
}

/** What is stored of the token that a person has sent: the token, or the whole link. Undefined for anything else. */
export function readToken(text: string): Uint8Array | undefined {
  const token = text.trim().replace(/^.*#/s, '');
  return TOKEN.test(token) ? hashToken(token) : undefined;
}

/** Without salt or stretching: the token is random, not chosen. It is looked up by this, so no time tells of it. */
function hashToken(token: string): Uint8Array {
  return hash('sha256', token, 'buffer');
}
