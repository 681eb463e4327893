import { parseBoolean, type Setting } from './setting.ts';

/** The length of an AES-256 key. */
const SECRET_KEY_BYTES = 32;

export const WEBHOOK_SETTINGS = {
  secretKey: {
    variable: 'SECRET_KEY',
    flag: '--secret-key <base64>',
    description: 'key that encrypts webhook secrets: 32 random bytes in base64',
    details:
      'Without it, `serve` creates no webhooks and delivers no events; `dev` generates a key beside its SQLite file. ' +
      'Keep a copy: another key cannot decrypt the secrets. See [Webhooks](webhooks.md).',
    values: '32 bytes in base64, as `openssl rand -base64 32` prints them',
    default: '',
    parse: parseSecretKey,
    // An invalid key may be a valid one but for a character.
    redact: () => undefined,
  },
  webhookAllowPrivate: {
    variable: 'WEBHOOK_ALLOW_PRIVATE',
    flag: '--webhook-allow-private <boolean>',
    description: 'whether webhooks may use addresses of this machine and of private networks',
    details: 'If unset, `dev` allows them and `serve` does not.',
    values: '`true` or `false`',
    default: '',
    parse: parseBoolean,
  },
} as const satisfies Record<string, Setting<unknown>>;

function parseSecretKey(text: string): Uint8Array | undefined {
  const key = /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  return key?.length === SECRET_KEY_BYTES ? key : undefined;
}
