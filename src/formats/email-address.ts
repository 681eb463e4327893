import { domainToASCII } from 'node:url';
import { analyzeEmail } from '@hapi/address';

/**
 * A domain with at least two labels and an alphabetic or punycode top-level label of two or more characters. The library
 * does not check this. Matches the ASCII form in lower case.
 */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$/;

/** Longer texts fail the length limit of the schema anyway. Parsing them would waste time. In UTF-16 units. */
const MAX_LENGTH = 2 * 255;

/**
 * Nearly every address: letters, digits and a few symbols. The library accepts all of these, which a test verifies, but
 * takes a tenth of the time that creating a user does.
 */
const PLAIN = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/i;

/**
 * Whether a text is an email address: ASCII or internationalized (RFC 6531), without a quoted local part, a comment or
 * an IP literal. Does not check its length.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > MAX_LENGTH || !text.isWellFormed()) return false;
  if (PLAIN.test(text)) return true;
  const problem = analyzeEmail(text, { ignoreLength: true });
  // The API limits the length of the address, not of a DNS label (63 octets). DOMAIN checks what the library then skips.
  if (problem !== null && problem.code !== 'DOMAIN_LONG_SEGMENT') return false;
  const domain = text.slice(text.indexOf('@') + 1);
  // domainToASCII would decode percent escapes.
  return !domain.includes('%') && DOMAIN.test(asciiDomain(domain));
}

/**
 * The key by which addresses are unique: NFC(lower(NFC(local part))) and the lower-case ASCII form of the domain. The
 * address must be valid.
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
