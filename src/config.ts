import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isEmailAddress } from './formats/email-address.ts';

/** Everything that can be configured, validated and frozen. Nothing else in the program reads `process.env`. */
export interface Config {
  /** Where to listen: `localhost` stands for 127.0.0.1 and ::1. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly database: DatabaseConfig;
  /** Where rate limits are shared by several processes, or undefined where each counts by itself. */
  readonly redisUrl: string | undefined;
  /** The proxies whose `X-Forwarded-For` is believed: addresses, networks, or names of networks. */
  readonly trustProxy: readonly string[];
  /** The origins whose pages may use the API; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** For how many days entries of the change log are kept, and with them events, histories and the audit. */
  readonly changesKeptDays: number;
  /** What secrets are encrypted with that the service itself must be able to read: 32 bytes; undefined where there is none. */
  readonly secretKey: Uint8Array | undefined;
  /** Whether webhooks may name private addresses; undefined where that is left to the way of starting. */
  readonly webhookAllowPrivate: boolean | undefined;
  /** Whether a token of one user may change the user's address. */
  readonly userEmailChanges: boolean;
  readonly logLevel: LogLevel;
  /** How the log shows the addresses that unrecognised tokens come from. */
  readonly logAddresses: AddressLogging;
  /** The rate limits by name of plan. */
  readonly plans: Plans;
  /** Whose JWTs are accepted, or undefined where none are. */
  readonly jwt: JwtConfig | undefined;
  /** How mails are sent, or undefined where none are. */
  readonly mail: MailConfig | undefined;
}

/** Where everything is stored: a SQLite file, by its absolute path, or a PostgreSQL database. */
export type DatabaseConfig = { readonly engine: 'sqlite'; readonly file: string } | PostgresConfig;
export type PostgresConfig = { readonly engine: 'postgres'; readonly url: string };

/** How many requests a token of a plan may make; `unlimited` counts nothing (contract, section 5). */
export type Plan = LimitedPlan | 'unlimited';
export interface LimitedPlan {
  readonly perMinute: number;
  readonly perDay: number;
}
export type Plans = ReadonlyMap<string, Plan>;

/** Which JWTs are accepted (RFC 7519). */
export interface JwtConfig {
  /** What `iss` must be, to the letter; the issuer's metadata is found under it (OpenID Connect Discovery 1.0). */
  readonly issuer: string;
  /** What `aud` must be or contain. */
  readonly audience: string;
  /** What a token must claim to be a service's; without it every token is bound to a user. */
  readonly serviceClaim: { readonly name: string; readonly value: string } | undefined;
}

/** How mails are sent, and what they say of this service. */
export interface MailConfig {
  readonly server: SmtpServer;
  /** Whom mails are from. */
  readonly from: MailAddress;
  /** Where the service is reached from outside, without a slash at the end. */
  readonly publicUrl: string;
  /** Whether new addresses are to be confirmed. */
  readonly confirmEmail: boolean;
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** Whether TLS begins with the connection; otherwise it does where the server offers STARTTLS (RFC 3207). */
  readonly tls: boolean;
  /** Whether nothing is sent without TLS, also to a server that does not offer it. */
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface MailAddress {
  /** Empty for none. */
  readonly name: string;
  readonly address: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const ADDRESS_LOGGING = ['masked', 'full', 'off'] as const;
/** `masked`: the /24 network of an IPv4 address, the /64 network of an IPv6 address; `off`: not at all. */
export type AddressLogging = (typeof ADDRESS_LOGGING)[number];

/** One setting: an environment variable and the flag that overrides it. */
export interface Setting {
  variable: string;
  flag: string;
  /** What it is, for `--help`. */
  description: string;
  /** The value as it would be typed. */
  default: string;
}

export const SETTINGS = {
  host: {
    variable: 'HOST',
    flag: '--host <address>',
    description: 'address to listen on; localhost stands for 127.0.0.1 and ::1',
    default: 'localhost',
  },
  port: {
    variable: 'PORT',
    flag: '--port <number>',
    description: 'port to listen on; 0 lets the system choose',
    default: '3000',
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    flag: '--database-url <url>',
    description: 'the database: a SQLite file, as file:PATH, or PostgreSQL, as postgres://USER:PASSWORD@HOST/NAME',
    default: 'file:./data/task-api.db',
  },
  redisUrl: {
    variable: 'REDIS_URL',
    flag: '--redis-url <url>',
    description: 'Redis or Valkey, as redis://HOST:PORT, to share rate limits between processes',
    default: '',
  },
  trustProxy: {
    variable: 'TRUST_PROXY',
    flag: '--trust-proxy <list>',
    description: 'proxies whose X-Forwarded-For is believed: addresses, networks as 10.0.0.0/8, or loopback',
    default: '',
  },
  corsOrigins: {
    variable: 'CORS_ORIGINS',
    flag: '--cors-origins <list>',
    description: 'origins whose pages may use the API, as https://app.example.com, or * for all',
    default: '',
  },
  changesKeptDays: {
    variable: 'CHANGES_KEPT_DAYS',
    flag: '--changes-kept-days <number>',
    description: 'for how many days events, histories and the audit are kept',
    default: '30',
  },
  secretKey: {
    variable: 'SECRET_KEY',
    flag: '--secret-key <base64>',
    description: 'what the secrets of webhooks are encrypted with: 32 random bytes in base64',
    default: '',
  },
  webhookAllowPrivate: {
    variable: 'WEBHOOK_ALLOW_PRIVATE',
    flag: '--webhook-allow-private <boolean>',
    description: 'true where webhooks may name private addresses, such as those of your own network; else false',
    default: '',
  },
  userEmailChanges: {
    variable: 'USER_EMAIL_CHANGES',
    flag: '--user-email-changes <boolean>',
    description: 'whether a token of one user may change contactEmail: true or false',
    default: 'true',
  },
  logLevel: {
    variable: 'LOG_LEVEL',
    flag: '--log-level <level>',
    description: `least level to log: ${LOG_LEVELS.join(', ')}`,
    default: 'info',
  },
  logAddresses: {
    variable: 'LOG_ADDRESSES',
    flag: '--log-addresses <mode>',
    description: `how to log the client addresses of failed authentication: ${ADDRESS_LOGGING.join(', ')}`,
    default: 'masked',
  },
  plans: {
    variable: 'PLANS',
    flag: '--plans <list>',
    description: 'rate limits, as NAME=PER_MINUTE/PER_DAY separated by commas; adds to the plans there are',
    default: 'basic=60/10000,professional=300/50000,enterprise=1000/250000',
  },
  jwtIssuer: {
    variable: 'JWT_ISSUER',
    flag: '--jwt-issuer <url>',
    description: 'OpenID Connect provider whose JWTs are accepted, as its own metadata spells it',
    default: '',
  },
  jwtAudience: {
    variable: 'JWT_AUDIENCE',
    flag: '--jwt-audience <name>',
    description: 'what the aud of a JWT must be or contain',
    default: '',
  },
  jwtServiceClaim: {
    variable: 'JWT_SERVICE_CLAIM',
    flag: '--jwt-service-claim <claim>',
    description: 'the claim, as NAME=VALUE, that makes a JWT a service token',
    default: '',
  },
  smtpUrl: {
    variable: 'SMTP_URL',
    flag: '--smtp-url <url>',
    description:
      'mail server, as smtp://USER:PASSWORD@HOST:PORT, or smtps: for TLS from the start; without it no mail is sent',
    default: '',
  },
  mailFrom: {
    variable: 'MAIL_FROM',
    flag: '--mail-from <address>',
    description: 'whom mails are from: an address, or as NAME <ADDRESS>',
    default: '',
  },
  publicUrl: {
    variable: 'PUBLIC_URL',
    flag: '--public-url <url>',
    description: 'where people reach this service, as https://tasks.example.com; links in mails begin with it',
    default: '',
  },
  confirmEmail: {
    variable: 'CONFIRM_EMAIL',
    flag: '--confirm-email <boolean>',
    description: 'whether to send new addresses a link that confirms them: true or false',
    default: 'false',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** A value that cannot be used. The message is one line that names the variable and says what it may be. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * The configuration: flags win over the environment, the environment over the defaults. An empty variable counts as
 * absent.
 *
 * @throws ConfigError for the first value that cannot be used.
 */
export function loadConfig(flags: Partial<Record<SettingName, string>> = {}, env = process.env): Config {
  const read = (name: SettingName) => flags[name] ?? (env[SETTINGS[name].variable] || SETTINGS[name].default);
  return Object.freeze({
    host: parseHost(read('host')),
    port: parsePort(read('port')),
    database: parseDatabaseUrl(read('databaseUrl'), nameOf('databaseUrl')),
    redisUrl: parseRedisUrl(read('redisUrl')),
    trustProxy: parseTrustProxy(read('trustProxy')),
    corsOrigins: parseCorsOrigins(read('corsOrigins')),
    changesKeptDays: parseDays(read('changesKeptDays')),
    secretKey: parseSecretKey(read('secretKey')),
    webhookAllowPrivate: parseBoolean('webhookAllowPrivate', read('webhookAllowPrivate')),
    userEmailChanges: parseBoolean('userEmailChanges', read('userEmailChanges')) ?? true,
    logLevel: parseLogLevel(read('logLevel')),
    logAddresses: parseAddressLogging(read('logAddresses')),
    plans: parsePlans(read('plans')),
    jwt: readJwt(read),
    mail: readMail(read),
  });
}

/** Whether nothing outside this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parseHost(value: string): string {
  if (value === 'localhost' || isIP(value) !== 0) return value;
  throw wrong('host', value, 'localhost or an IP address, for example 127.0.0.1 or 0.0.0.0');
}

function parsePort(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65535) return port;
  throw wrong('port', value, 'a whole number from 0 to 65535');
}

/** The database as a person may be shown it: without user and password. */
export function describeDatabase(database: DatabaseConfig): string {
  if (database.engine === 'sqlite') return database.file;
  const { host, pathname } = new URL(database.url);
  return `postgres://${host}${pathname}`;
}

const DATABASE_URL_FORM =
  'a file: URL without parameters, for example file:./data/task-api.db, or postgres://USER:PASSWORD@HOST:PORT/NAME';

/**
 * The database that a URL names.
 *
 * @param name what to call the URL in the message when it cannot be used.
 * @throws ConfigError then.
 */
export function parseDatabaseUrl(value: string, name: string): DatabaseConfig {
  const config = /^postgres(?:ql)?:/.test(value) ? parsePostgresUrl(value) : parseFileUrl(value);
  if (config?.engine === 'postgres') checkSslMode(new URL(config.url).searchParams, name);
  if (config !== undefined) return config;
  // What is no file may hold a password, which is not shown.
  const shown = value.replace(/^(postgres(?:ql)?:).*/s, '$1…').replace(/^(?!file:)([^:]*:).*@/s, '$1…@');
  throw mustBe(name, shown, DATABASE_URL_FORM);
}

function parseFileUrl(value: string): DatabaseConfig | undefined {
  // Parameters would be dropped in silence, and `file::memory:` would be a file of that name.
  if (/[?#]|^file::/.test(value)) return undefined;
  try {
    if (value.startsWith('file://')) return { engine: 'sqlite', file: fileURLToPath(value) };
    const path = value.startsWith('file:') ? decodeURIComponent(value.slice('file:'.length)) : '';
    // SQLite and the file system end a path at U+0000.
    if (path !== '' && !path.includes('\0')) return { engine: 'sqlite', file: resolve(path) };
  } catch {
    // Not a URL.
  }
  return undefined;
}

function parsePostgresUrl(value: string): PostgresConfig | undefined {
  const url = URL.parse(value);
  const whole = url !== null && url.hostname !== '' && url.pathname.length > 1;
  return whole ? { engine: 'postgres', url: value } : undefined;
}

/** Rejects what pg cannot do as PostgreSQL's own clients do: `allow` and `prefer`, which connect without TLS if need be. */
function checkSslMode(parameters: URLSearchParams, name: string): void {
  const mode = parameters.get('sslmode');
  if (mode === null || ['disable', 'require', 'verify-full'].includes(mode)) return;
  if (mode === 'verify-ca' && parameters.has('sslrootcert')) return;
  throw mustBe(`sslmode in ${name}`, mode, 'disable, require, verify-ca (with sslrootcert) or verify-full');
}

function parseRedisUrl(value: string): string | undefined {
  if (value === '') return undefined;
  const url = URL.parse(value);
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return value;
  // Not shown: it may hold a password.
  throw wrong('redisUrl', value.replace(/:.*/s, ':…'), 'a redis: or rediss: URL, for example redis://localhost:6379');
}

/** As `trustProxy` of Fastify takes them. */
function parseTrustProxy(value: string): string[] {
  const entries = splitList(value);
  for (const entry of entries) {
    const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    // /0 would be everybody.
    const inRange = bits === undefined || (Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128));
    if (!NETWORK_NAMES.includes(entry) && (version === 0 || !inRange)) {
      throw wrong(
        'trustProxy',
        value,
        `addresses, networks as 10.0.0.0/8, or ${NETWORK_NAMES.join(', ')}, with commas`,
      );
    }
  }
  return entries;
}

/** Loopback; link-local; private IPv4 (RFC 1918) and unique local IPv6 (RFC 4193). */
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

function parseCorsOrigins(value: string): string[] {
  const origins = splitList(value);
  for (const origin of origins) {
    const url = /^https?:/.test(origin) ? URL.parse(origin) : null;
    // No browser sends a `*`, which a URL may have.
    if (origin !== '*' && (url?.origin !== origin || origin.includes('*'))) {
      throw wrong('corsOrigins', value, 'origins with commas, as https://app.example.com,http://localhost:5173, or *');
    }
  }
  return origins;
}

/** At least two days: answers to repeated requests, which are given for one, are made from the change log. */
function parseDays(value: string): number {
  const days = Number(value);
  if (/^\d{1,5}$/.test(value) && days >= 2) return days;
  throw wrong('changesKeptDays', value, 'a whole number of days from 2 to 99999');
}

/** How long the key of AES-256 is, in bytes. */
const SECRET_KEY_BYTES = 32;

function parseSecretKey(value: string): Uint8Array | undefined {
  if (value === '') return undefined;
  const key = /^[A-Za-z0-9+/]{43}=$/.test(value) ? Buffer.from(value, 'base64') : undefined;
  if (key?.length === SECRET_KEY_BYTES) return key;
  // Not shown, since it may be nearly right.
  throw new ConfigError(
    `${nameOf('secretKey')} must be 32 bytes in base64, as \`openssl rand -base64 32\` prints them`,
  );
}

function parseBoolean(name: SettingName, value: string): boolean | undefined {
  if (value === '') return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw wrong(name, value, 'true or false');
}

function splitList(value: string): string[] {
  if (value.trim() === '') return [];
  return value.split(',').map((entry) => entry.trim());
}

function parseLogLevel(value: string): LogLevel {
  if ((LOG_LEVELS as readonly string[]).includes(value)) return value as LogLevel;
  throw wrong('logLevel', value, `one of ${LOG_LEVELS.join(', ')}`);
}

function parseAddressLogging(value: string): AddressLogging {
  if ((ADDRESS_LOGGING as readonly string[]).includes(value)) return value as AddressLogging;
  throw wrong('logAddresses', value, `one of ${ADDRESS_LOGGING.join(', ')}`);
}

function parsePlans(value: string): Plans {
  const plans = new Map<string, Plan>([['unlimited', 'unlimited']]);
  for (const entry of [...SETTINGS.plans.default.split(','), ...value.split(',')]) {
    const [, name, perMinute, perDay] = /^\s*([a-z][a-z0-9_-]{0,31})=(\d{1,12})\/(\d{1,12})\s*$/.exec(entry) ?? [];
    if (name === undefined || name === 'unlimited' || Number(perMinute) < 1 || Number(perDay) < 1) {
      throw wrong('plans', value, 'like basic=60/10000,mine=500/100000 (name=requests a minute/requests a day)');
    }
    plans.set(name, { perMinute: Number(perMinute), perDay: Number(perDay) });
  }
  return plans;
}

/** Whether what is read from there cannot be another's: by HTTPS, or from this machine. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

/** A safe URL without user, password, query, fragment and white space; undefined for any other text. */
function parsePlainUrl(value: string): URL | undefined {
  const url = URL.parse(value);
  const plain = url !== null && url.username === '' && url.password === '' && !/[?#\s]/.test(value);
  return plain && isSafeUrl(url) ? url : undefined;
}

function readJwt(read: (name: SettingName) => string): JwtConfig | undefined {
  const issuer = parseIssuer(read('jwtIssuer'));
  const audience = parseAudience(read('jwtAudience'));
  const serviceClaim = parseClaim(read('jwtServiceClaim'));
  if (issuer !== undefined && audience !== undefined) return { issuer, audience, serviceClaim };
  if (issuer !== undefined) throw missing('jwtAudience', 'jwtIssuer');
  if (audience !== undefined) throw missing('jwtIssuer', 'jwtAudience');
  if (serviceClaim !== undefined) throw missing('jwtIssuer', 'jwtServiceClaim');
  return undefined;
}

function parseIssuer(value: string): string | undefined {
  if (value === '') return undefined;
  // Discovery, section 3: no query and no fragment. White space would be cut off, and so never equal `iss`.
  if (parsePlainUrl(value) !== undefined) return value;
  // A user and password are not shown.
  const expected = 'an https: URL, for example https://id.example.com/realms/acme (http: for this machine only)';
  throw wrong('jwtIssuer', value.replace(/\/\/.*@/s, '//…@'), expected);
}

function parseAudience(value: string): string | undefined {
  if (value === '') return undefined;
  if (/^\S+$/.test(value)) return value;
  throw wrong('jwtAudience', value, 'one name without spaces, for example https://tasks.example.com');
}

function parseClaim(value: string): JwtConfig['serviceClaim'] {
  if (value === '') return undefined;
  const [, name, wanted] = /^([^\s=]+)=(\S+)$/.exec(value) ?? [];
  if (name !== undefined && wanted !== undefined) return { name, value: wanted };
  throw wrong('jwtServiceClaim', value, 'like client_type=service (the name of a claim and its value)');
}

function readMail(read: (name: SettingName) => string): MailConfig | undefined {
  const server = parseSmtpUrl(read('smtpUrl'));
  const from = parseMailFrom(read('mailFrom'));
  const publicUrl = parsePublicUrl(read('publicUrl'));
  const confirmEmail = parseBoolean('confirmEmail', read('confirmEmail')) ?? false;
  if (server !== undefined) {
    if (from === undefined) throw missing('mailFrom', 'smtpUrl');
    if (publicUrl === undefined) throw missing('publicUrl', 'smtpUrl');
    return { server, from, publicUrl, confirmEmail };
  }
  if (from !== undefined) throw missing('smtpUrl', 'mailFrom');
  if (confirmEmail) throw missing('smtpUrl', 'confirmEmail');
  return undefined;
}

/** The ports of RFC 6409 and RFC 8314, by scheme. */
const SMTP_PORTS: Record<string, number> = { 'smtp:': 587, 'smtps:': 465 };

function parseSmtpUrl(value: string): SmtpServer | undefined {
  if (value === '') return undefined;
  const url = URL.parse(value);
  const port = url === null ? undefined : SMTP_PORTS[url.protocol];
  const login = url === null ? undefined : readLogin(url);
  const plain = /^[^?#\s]*(?:\?requireTLS=true)?$/.test(value) && ['', '/'].includes(url?.pathname ?? '');
  if (url !== null && port !== undefined && url.hostname !== '' && url.port !== '0' && plain && login !== undefined) {
    const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
    return {
      host,
      port: url.port === '' ? port : Number(url.port),
      tls: url.protocol === 'smtps:',
      requireTls: url.protocol === 'smtps:' || url.search !== '',
      login: login.user === '' ? undefined : login,
    };
  }
  // Not shown: it may hold a password.
  const expected =
    'an smtp: or smtps: URL without parameters but requireTLS=true, for example smtp://USER:PASSWORD@mail.example.com:587';
  throw wrong('smtpUrl', value.replace(/:.*/s, ':…'), expected);
}

/** Undefined for one without the other, or where either is not encoded as a URL is. */
function readLogin({ username, password }: URL): { user: string; password: string } | undefined {
  if ((username === '') !== (password === '')) return undefined;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

function parseMailFrom(value: string): MailAddress | undefined {
  if (value === '') return undefined;
  const [, name = '', address = value] = /^\s*([^<>"]*?)\s*<([^<>]*)>\s*$/.exec(value) ?? [];
  if (isEmailAddress(address) && !/\p{Cc}/u.test(name)) return { name, address };
  throw wrong('mailFrom', value, 'an email address, as tasks@example.com or Tasks <tasks@example.com>');
}

function parsePublicUrl(value: string): string | undefined {
  if (value === '') return undefined;
  const url = parsePlainUrl(value);
  if (url !== undefined) return url.href.replace(/\/+$/, '');
  const expected =
    'an https: URL without parameters, for example https://tasks.example.com (http: for this machine only)';
  throw wrong('publicUrl', value.replace(/\/\/.*@/s, '//…@'), expected);
}

function missing(name: SettingName, because: SettingName): ConfigError {
  const { variable, flag } = SETTINGS[name];
  return new ConfigError(`${variable} (${flag.split(' ')[0]}) must be set where ${SETTINGS[because].variable} is`);
}

function wrong(name: SettingName, value: string, expected: string): ConfigError {
  return mustBe(nameOf(name), value, expected);
}

function mustBe(name: string, value: string, expected: string): ConfigError {
  return new ConfigError(`${name} must be ${expected}; it is ${JSON.stringify(value.slice(0, 100))}`);
}

/** A setting as a person knows it. */
function nameOf(name: SettingName): string {
  const { variable, flag } = SETTINGS[name];
  return `${variable} (${flag.split(' ')[0]})`;
}
