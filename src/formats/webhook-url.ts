import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** The longest URL that a webhook may have, in characters. */
export const MAX_URL_LENGTH = 2_048;

/** Whether events can be sent there: an http or https URL without user, password and fragment. */
export function isWebhookUrl(text: string): boolean {
  // White space and control characters would be taken out, or encoded, by the parser.
  if (!/^https?:\/\/[^\s\p{C}#]+$/iu.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}

/**
 * Whether the host of a {@link isWebhookUrl webhook's URL} is an IP address, in any of the spellings that URLs allow, or
 * `localhost`, and so never leads to a public address.
 */
export function namesPrivateAddress(text: string): boolean {
  // The parser writes every spelling of an IPv4 address with dots, and names in lower case.
  const host = new URL(text).hostname.replace(/^\[|\]$|\.$/g, '');
  if (isIP(host) !== 0) return !isPublicAddress(host);
  return host === 'localhost' || host.endsWith('.localhost');
}
