import { type DatabaseConfig, databaseConfig } from './database.ts';
import { type EmailConfig, emailConfig } from './email.ts';
import { type JwtConfig, jwtConfig } from './jwt.ts';
import type { AddressLogging, LogLevel } from './logging.ts';
import type { Plans } from './rate-limits.ts';
import { invalidValue, type Setting, settingName } from './setting.ts';
import { SETTINGS, type SettingName } from './settings.ts';

/** The validated, frozen configuration. Nothing else in the program reads a setting from `process.env`. */
export interface Config {
  /** `localhost` means 127.0.0.1 and ::1. */
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  readonly database: DatabaseConfig;
  /** Shares rate limits between processes. If undefined, only the workers of one `serve` share them. */
  readonly redisUrl: string | undefined;
  /** The proxies whose `X-Forwarded-For` is trusted: addresses, networks, or names of networks. */
  readonly trustProxy: readonly string[];
  /** The origins whose pages may call the API; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** How long to keep the change log, and with it events, histories and the audit log. */
  readonly changesKeptDays: number;
  /** The directory of scheduled backups, by its absolute path. If undefined, there are none. */
  readonly backupTo: string | undefined;
  /** The time from one scheduled backup to the next, in milliseconds. */
  readonly backupEvery: number;
  /** The number of scheduled backups to keep. */
  readonly backupKeep: number;
  /** Gets a POST request when a scheduled backup fails. */
  readonly backupFailureUrl: string | undefined;
  /** The AES-256 key that encrypts webhook secrets. */
  readonly secretKey: Uint8Array | undefined;
  /** Whether webhooks may use private addresses. If undefined, development mode allows them and production does not. */
  readonly webhookAllowPrivate: boolean | undefined;
  /** Whether user tokens may change `contactEmail`. */
  readonly userEmailChanges: boolean;
  readonly logLevel: LogLevel;
  /** How the log shows the client address of failed authentication. */
  readonly logAddresses: AddressLogging;
  /** The port of `/metrics`; 0 selects a free port. If undefined, there are no metrics. */
  readonly metricsPort: number | undefined;
  /** The address of `/metrics`. `localhost` means 127.0.0.1 and ::1. */
  readonly metricsHost: string;
  /** The rate limits by name of plan. */
  readonly plans: Plans;
  /** If undefined, no JWTs are accepted. */
  readonly jwt: JwtConfig | undefined;
  /** If undefined, no email is sent. */
  readonly email: EmailConfig | undefined;
}

type Parsed<S extends Setting<unknown>> =
  | NonNullable<ReturnType<S['parse']>>
  | (S['default'] extends '' ? undefined : never);
type Values = { -readonly [Name in SettingName]: Parsed<(typeof SETTINGS)[Name]> };

/**
 * Reads the configuration. A flag overrides its environment variable, which overrides the default. An empty variable
 * counts as unset.
 *
 * @throws ConfigError for the first invalid value.
 */
export function loadConfig(flags: Partial<Record<SettingName, string>> = {}, env = process.env): Config {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const setting: Setting<unknown> = SETTINGS[name];
    const text = flags[name] ?? (env[setting.variable] || setting.default);
    values[name] = text === '' && setting.default === '' ? undefined : parseSetting(setting, text);
  }
  return combine(values as Values);
}

function parseSetting(setting: Setting<unknown>, text: string): unknown {
  const name = settingName(setting);
  const value = setting.parse(text, name);
  if (value !== undefined) return value;
  throw invalidValue(name, setting.values, setting.redact === undefined ? text : setting.redact(text));
}

function combine(values: Values): Config {
  const { jwtIssuer, jwtAudience, jwtServiceClaim, smtpUrl, emailFrom, publicUrl, confirmEmail, ...others } = values;
  const { databaseUrl, databaseDirectUrl, databaseReadUrl, databaseReadMaxLagSeconds, ...rest } = others;
  return Object.freeze({
    ...rest,
    database: databaseConfig({ databaseUrl, databaseDirectUrl, databaseReadUrl, databaseReadMaxLagSeconds }),
    trustProxy: others.trustProxy ?? [],
    corsOrigins: others.corsOrigins ?? [],
    jwt: jwtConfig(jwtIssuer, jwtAudience, jwtServiceClaim),
    email: emailConfig(smtpUrl, emailFrom, publicUrl, confirmEmail),
  });
}
