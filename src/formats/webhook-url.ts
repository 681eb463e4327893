import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** The maximum length of a webhook's URL, in characters. */
export const MAX_URL_LENGTH = 2_048;

/** Whether a text is an http or https URL without user, password and fragment. */
export function isWebhookUrl(text: string): boolean {
  // The URL parser would remove or encode white space and control characters.
  if (!/^https?:\/\/[^\s\p{C}#]+$/iu.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}

/**
 * Whether the host of a valid webhook URL is a private IP address, in any spelling that URLs allow, or `localhost`. Such a
 * URL can be rejected without a DNS lookup.
 */
export function namesPrivateAddress(text: string): boolean {
  // The parser normalizes every spelling of an IPv4 address, and the case of names.
  const host = new URL(text).hostname.replace(/^\[|\]$|\.$/g, '');
  if (isIP(host) !== 0) return !isPublicAddress(host);
  return host === 'localhost' || host.endsWith('.localhost');
}
