import { isEmailAddress } from '../formats/email-address.ts';
import { parsePlainUrl } from '../formats/url.ts';
import { missingSetting, parseBoolean, type Setting } from './setting.ts';

/** How email is sent, and what it says about this service. */
export interface EmailConfig {
  readonly server: SmtpServer;
  readonly from: EmailSender;
  /** The public URL of the service, without a trailing slash. */
  readonly publicUrl: string;
  /** Whether new addresses must be confirmed. */
  readonly confirmEmail: boolean;
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** Whether the connection starts with TLS. If not, it uses STARTTLS if the server offers it (RFC 3207). */
  readonly tls: boolean;
  /** Whether to send nothing to a server that does not offer TLS. */
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface EmailSender {
  /** Empty for none. */
  readonly name: string;
  readonly address: string;
}

/** The ports of RFC 6409 and RFC 8314, by scheme. */
const DEFAULT_PORTS: Record<string, number> = { 'smtp:': 587, 'smtps:': 465 };

export const EMAIL_SETTINGS = {
  smtpUrl: {
    variable: 'SMTP_URL',
    flag: '--smtp-url <url>',
    description: 'SMTP server that sends email',
    details:
      '`smtps:` (default port 465) starts with TLS; `smtp:` (587) uses STARTTLS if the server offers it, and [requires it](email.md#turn-it-on) with ' +
      '`?requireTLS=true`. If unset, no email is sent.',
    values:
      'an `smtp:` or `smtps:` URL whose only parameter may be `requireTLS=true`, such as `smtp://USER:PASSWORD@smtp.example.com:587`',
    default: '',
    parse: parseSmtpUrl,
    redact: (text: string) => text.replace(/:.*/s, ':…'),
  },
  emailFrom: {
    variable: 'EMAIL_FROM',
    flag: '--email-from <address>',
    description: 'sender of email',
    details: 'Undeliverable email returns to this address. Required with `SMTP_URL`.',
    values: 'an email address, such as `tasks@example.com` or `Tasks <tasks@example.com>`',
    default: '',
    parse: parseSender,
  },
  publicUrl: {
    variable: 'PUBLIC_URL',
    flag: '--public-url <url>',
    description: 'public URL of the service; links in email start with it',
    details: 'Required with `SMTP_URL`.',
    values:
      'an `https:` URL without parameters, such as `https://tasks.example.com` (`http:` for a loopback address only)',
    default: '',
    parse: parsePublicUrl,
    redact: (text: string) => text.replace(/\/\/.*@/s, '//…@'),
  },
  confirmEmail: {
    variable: 'CONFIRM_EMAIL',
    flag: '--confirm-email <boolean>',
    description: 'whether to email new addresses a confirmation link',
    details: 'Requires `SMTP_URL`. See [Confirm addresses](confirm-addresses.md).',
    values: '`true` or `false`',
    default: 'false',
    parse: parseBoolean,
  },
} as const satisfies Record<string, Setting<unknown>>;

/**
 * Combines the settings of email.
 *
 * @returns undefined if no server is set.
 * @throws ConfigError if a setting is missing.
 */
export function emailConfig(
  server: SmtpServer | undefined,
  from: EmailSender | undefined,
  publicUrl: string | undefined,
  confirmEmail: boolean,
): EmailConfig | undefined {
  if (server !== undefined) {
    if (from === undefined) throw missingSetting(EMAIL_SETTINGS.emailFrom, EMAIL_SETTINGS.smtpUrl);
    if (publicUrl === undefined) throw missingSetting(EMAIL_SETTINGS.publicUrl, EMAIL_SETTINGS.smtpUrl);
    return { server, from, publicUrl, confirmEmail };
  }
  if (from !== undefined) throw missingSetting(EMAIL_SETTINGS.smtpUrl, EMAIL_SETTINGS.emailFrom);
  if (confirmEmail) throw missingSetting(EMAIL_SETTINGS.smtpUrl, EMAIL_SETTINGS.confirmEmail);
  return undefined;
}

function parseSmtpUrl(text: string): SmtpServer | undefined {
  const url = URL.parse(text);
  if (url === null || url.hostname === '' || url.port === '0' || !['', '/'].includes(url.pathname)) return undefined;
  if (!/^[^?#\s]*(?:\?requireTLS=true)?$/.test(text)) return undefined;
  const port = DEFAULT_PORTS[url.protocol];
  const login = readLogin(url);
  if (port === undefined || login === undefined) return undefined;
  const tls = url.protocol === 'smtps:';
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? port : Number(url.port),
    tls,
    requireTls: tls || url.search !== '',
    login: login.user === '' ? undefined : login,
  };
}

/** Undefined if only one of user and password is there, or if one is encoded incorrectly. */
function readLogin({ username, password }: URL): { user: string; password: string } | undefined {
  if ((username === '') !== (password === '')) return undefined;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

function parseSender(text: string): EmailSender | undefined {
  const [, name = '', address = text] = /^\s*([^<>"]*?)\s*<([^<>]*)>\s*$/.exec(text) ?? [];
  return isEmailAddress(address) && !/\p{Cc}/u.test(name) ? { name, address } : undefined;
}

function parsePublicUrl(text: string): string | undefined {
  return parsePlainUrl(text)?.href.replace(/\/+$/, '');
}
