import { isIP } from 'node:net';
import { type Setting, splitList } from './setting.ts';

/** Loopback; link-local; private IPv4 (RFC 1918) and unique local IPv6 (RFC 4193). */
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

export const NETWORK_SETTINGS = {
  host: {
    variable: 'HOST',
    flag: '--host <address>',
    description: 'address to listen on',
    details:
      '`localhost` means 127.0.0.1 and ::1, `0.0.0.0` every IPv4 address, `::` every address. `dev` accepts loopback addresses only.',
    values: '`localhost` or an IP address, such as `127.0.0.1` or `0.0.0.0`',
    default: 'localhost',
    parse: (text: string) => (text === 'localhost' || isIP(text) !== 0 ? text : undefined),
  },
  port: {
    variable: 'PORT',
    flag: '--port <number>',
    description: 'port to listen on; 0 selects a free port',
    values: 'an integer from 0 to 65535',
    default: '3000',
    parse: parsePort,
  },
  trustProxy: {
    variable: 'TRUST_PROXY',
    flag: '--trust-proxy <list>',
    description: 'proxies whose `X-Forwarded-For` header is trusted',
    details:
      'Behind a proxy that is not listed, all requests appear to come from the proxy. See [Limits](limits.md#behind-a-proxy).',
    values: `a comma-separated list of IP addresses, networks such as \`10.0.0.0/8\`, or ${NETWORK_NAMES.map((name) => `\`${name}\``).join(', ')}`,
    default: '',
    parse: parseTrustProxy,
  },
  corsOrigins: {
    variable: 'CORS_ORIGINS',
    flag: '--cors-origins <list>',
    description: 'origins whose pages may call the API; `*` allows all',
    details: '`dev` also allows `localhost` and `127.0.0.1` on any port. See [Browsers](browsers.md).',
    values: 'a comma-separated list of origins, such as `https://app.example.com,http://localhost:5173`, or `*`',
    default: '',
    parse: parseCorsOrigins,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** A TCP port; 0 for a free one. */
export function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65535 ? port : undefined;
}

/** The entries are passed to Fastify's `trustProxy`. */
function parseTrustProxy(text: string): string[] | undefined {
  const entries = splitList(text);
  return entries.every(isNetwork) ? entries : undefined;
}

function isNetwork(entry: string): boolean {
  if (NETWORK_NAMES.includes(entry)) return true;
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0) return false;
  // A prefix of 0 bits would trust every client.
  return bits === undefined || (Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128));
}

function parseCorsOrigins(text: string): string[] | undefined {
  const origins = splitList(text);
  return origins.every((origin) => origin === '*' || isOrigin(origin)) ? origins : undefined;
}

function isOrigin(text: string): boolean {
  const url = /^https?:/.test(text) ? URL.parse(text) : null;
  // A URL may contain a `*`, but no browser sends such an origin.
  return url?.origin === text && !text.includes('*');
}
