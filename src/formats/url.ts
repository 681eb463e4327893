import { isIP } from 'node:net';

/** Whether the host is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a response from the URL can be trusted: it uses HTTPS, or leads to this machine. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

/** Parses a safe URL without user, password, query, fragment and white space. Returns undefined for any other text. */
export function parsePlainUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  const plain = url !== null && url.username === '' && url.password === '' && !/[?#\s]/.test(text);
  return plain && isSafeUrl(url) ? url : undefined;
}
