import ipaddr from 'ipaddr.js';

/** An address with a port, as some proxies write it: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/;

/** How many bits of an IPv6 address name a network: one host has all addresses of it. */
export const NETWORK_BITS = 64;

/**
 * What requests of one client are counted by: an IPv4 address, or the /64 network of an IPv6 address. However the address
 * is spelled, it is the same text. What is no address is `unknown`.
 *
 * @param text as a connection has it, or as a proxy passed it on.
 */
export function addressKey(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) return 'unknown';
  return address instanceof ipaddr.IPv4 ? address.toString() : networkOf(address, NETWORK_BITS);
}

/** The address that a text is, with or without a port. An IPv4 address within an IPv6 one comes out as IPv4. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [, inBrackets, beforePort] = WITH_PORT.exec(text) ?? [];
  const plain = inBrackets ?? beforePort ?? text;
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : undefined;
}

/** The network of an address, as `192.0.2.0/24`. */
export function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const family = address instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address.toString()}/${bits}`)}/${bits}`;
}
