import { hash, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A bearer token reads `tmapi_<tokenId>_<secret><checksum>`. The prefix lets secret scanners know it, the id lets an
 * operator revoke one that was found somewhere, the secret is 40 random characters (238 bits), and the checksum, the
 * CRC-32 of the secret in 6 characters, tells it from what only looks like one.
 */
const TOKEN = /^tmapi_([1-9][0-9]{0,15})_([0-9A-Za-z]{40})([0-9A-Za-z]{6})$/;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 40;
const CHECKSUM_LENGTH = 6;

/** A new secret from the system's random numbers. */
export function generateSecret(): string {
  return Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** The whole token, as it is handed out once. */
export function formatToken(tokenId: number, secret: string): string {
  return `tmapi_${tokenId}_${secret}${checksum(secret)}`;
}

/** The parts of a token, or undefined for a text that cannot be one. */
export function parseToken(text: string): { tokenId: number; secret: string } | undefined {
  const [, tokenId, secret, sum] = TOKEN.exec(text) ?? [];
  if (secret === undefined || checksum(secret) !== sum) return undefined;
  return { tokenId: Number(tokenId), secret };
}

/** What is stored in place of a secret. SHA-256 without salt or stretching will do: the secret is random, not chosen. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Compares in a time that does not depend on where the two differ. */
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
