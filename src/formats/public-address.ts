import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The IPv6 range assigned for use on the internet (IANA, IPv6 Global Unicast Address Assignments). */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Public addresses that lead to a cloud's internal services: Azure's, which issues credentials. */
const CLOUD_SERVICES = new Set(['168.63.129.16']);

/**
 * Whether an address is on the public internet: not private, loopback, link-local, shared (CGNAT), multicast or reserved,
 * and not an IPv6 address that embeds an IPv4 address, which could be any of these.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_IPV6);
  return !CLOUD_SERVICES.has(address.toString());
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
