import ipaddr from 'ipaddr.js';

/** An address with a port, as some proxies write it: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/;

/** How many bits of an IPv6 address name a network: one host has all addresses of it. */
const NETWORK_BITS = 64;

/**
 * What requests of one client are counted by: an IPv4 address, or the /64 network of an IPv6 address. However the address
 * is spelled, it is the same text. What is no address is `unknown`.
 *
 * @param text as a connection has it, or as a proxy passed it on.
 */
export function addressKey(text: string): string {
  const [, inBrackets, beforePort] = WITH_PORT.exec(text) ?? [];
  const plain = inBrackets ?? beforePort ?? text;
  if (!ipaddr.isValid(plain)) return 'unknown';
  // An IPv4 address within an IPv6 one comes out as IPv4.
  const address = ipaddr.process(plain);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${NETWORK_BITS}`)}/${NETWORK_BITS}`;
}
