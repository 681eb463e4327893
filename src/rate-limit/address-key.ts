import ipaddr from 'ipaddr.js';

/** An address with a port, as some proxies send it: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/;

/** The prefix length of an IPv6 network. One host can use all its addresses. */
export const NETWORK_BITS = 64;

/**
 * The key by which the requests of one client are counted: the IPv4 address, or the /64 network of the IPv6 address, in
 * canonical form. `unknown` if the text is not an address.
 *
 * @param text the address of the client, as reported by the connection or a proxy.
 */
export function addressKey(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) return 'unknown';
  return address instanceof ipaddr.IPv4 ? address.toString() : networkOf(address, NETWORK_BITS);
}

/** Parses an address with or without a port. An IPv4-mapped IPv6 address is returned as IPv4. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [, inBrackets, beforePort] = WITH_PORT.exec(text) ?? [];
  const plain = inBrackets ?? beforePort ?? text;
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : undefined;
}

/** The network of an address, such as `192.0.2.0/24`. */
export function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const family = address instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address.toString()}/${bits}`)}/${bits}`;
}
