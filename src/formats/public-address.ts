import ipaddr from 'ipaddr.js';

/** IPv6 addresses that are given out for use on the internet (IANA, IPv6 Global Unicast Address Assignments). */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Public ranges that lead into a cloud's own machinery all the same: Azure's, which gives out credentials. */
const CLOUD_SERVICES = new Set(['168.63.129.16']);

/**
 * Whether an address is one of the internet: not private, loopback, link-local, shared (CGNAT), multicast, reserved, and
 * not an IPv6 address that stands for an IPv4 one, through which those could be meant.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_IPV6);
  return !CLOUD_SERVICES.has(address.toString());
}
