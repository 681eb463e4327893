import { domainToASCII } from 'node:url';
import { analyzeEmail } from '@hapi/address';

/**
 * What the contract asks of a domain beyond what the library checks: two labels at least, and a top one that is
 * alphabetic or punycode and two or more characters long. Matches the ASCII form, in lower case.
 */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$/;

/** Longer texts are refused for their length anyway, and looking at them would cost time. In UTF-16 units. */
const MAX_LENGTH = 2 * 255;

/**
 * What nearly every address looks like: letters, digits and a few marks. The library finds all of these valid (a test
 * compares the two), and asking it costs a tenth of creating a user.
 */
const PLAIN = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/i;

/**
 * Whether a text is an email address as the contract's section 1 has it: ASCII or internationalised (RFC 6531), no
 * quoted local part, comment or IP literal. Its length is not judged here.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > MAX_LENGTH || !text.isWellFormed()) return false;
  if (PLAIN.test(text)) return true;
  const fault = analyzeEmail(text, { ignoreLength: true });
  // Of lengths only the contract's own count, so not DNS's 63 octets a label; DOMAIN judges what the library then skips.
  if (fault !== null && fault.code !== 'DOMAIN_LONG_SEGMENT') return false;
  const domain = text.slice(text.indexOf('@') + 1);
  // The ASCII form would have its percent escapes decoded.
  return !domain.includes('%') && DOMAIN.test(asciiDomain(domain));
}

/**
 * What two addresses of the same user have in common: NFC(lower(NFC(local part))) and the lower-case ASCII form of
 * the domain (contract, section 1). The address must be valid.
 */
export function emailKey(address: string): string {
  if (PLAIN.test(address)) return address.toLowerCase();
  const at = address.indexOf('@');
  const local = address.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC');
  return `${local}@${asciiDomain(address.slice(at + 1))}`;
}

function asciiDomain(domain: string): string {
  return domainToASCII(domain).toLowerCase();
}
