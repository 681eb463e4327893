import { hash, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * The format of a token: `tmapi_<tokenId>_<secret><checksum>`. Secret scanners recognize the prefix. The ID allows an
 * operator to revoke a leaked token. The secret is 40 random characters (238 bits). The checksum, the CRC-32 of the secret
 * in 6 characters, reveals texts that only look like a token.
 */
const TOKEN = /^tmapi_([1-9][0-9]{0,15})_([0-9A-Za-z]{40})([0-9A-Za-z]{6})$/;

/** The compact form of a signed JWT (RFC 7515, section 3.1). */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** The maximum length of a JWT, in characters. */
const MAX_JWT_LENGTH = 8 * 1024;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 40;
const CHECKSUM_LENGTH = 6;

/** A new secret from a cryptographically secure random number generator. */
export function generateSecret(): string {
  return Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** The whole token, as shown once to the client. */
export function formatToken(tokenId: number, secret: string): string {
  return `tmapi_${tokenId}_${secret}${checksum(secret)}`;
}

/** The parts of a token, or undefined if the text is not one. */
export function parseToken(text: string): { tokenId: number; secret: string } | undefined {
  const [, tokenId, secret, sum] = TOKEN.exec(text) ?? [];
  if (secret === undefined || checksum(secret) !== sum) return undefined;
  return { tokenId: Number(tokenId), secret };
}

/** Whether a text has the form of a JWT. */
export function looksLikeJwt(text: string): boolean {
  return text.length <= MAX_JWT_LENGTH && JWT.test(text);
}

/** The hash to store instead of a secret. SHA-256 without salt or stretching is enough, because secrets are random. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Compares in constant time. */
export function secretMatches(secret: string, secretHash: Uint8Array): boolean {
  return timingSafeEqual(hashSecret(secret), secretHash);
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
