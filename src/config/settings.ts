import { BACKUP_SETTINGS } from './backups.ts';
import { DATABASE_SETTINGS } from './database.ts';
import { EMAIL_SETTINGS } from './email.ts';
import { AUTHENTICATION_SETTINGS } from './jwt.ts';
import { LOGGING_SETTINGS } from './logging.ts';
import { METRICS_SETTINGS } from './metrics.ts';
import { NETWORK_SETTINGS } from './network.ts';
import { RATE_LIMIT_SETTINGS } from './rate-limits.ts';
import { WEBHOOK_SETTINGS } from './webhooks.ts';

/** Every setting, by the name that {@link Config} and commander use. */
export const SETTINGS = {
  ...NETWORK_SETTINGS,
  ...DATABASE_SETTINGS,
  ...BACKUP_SETTINGS,
  ...AUTHENTICATION_SETTINGS,
  ...RATE_LIMIT_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...EMAIL_SETTINGS,
  ...LOGGING_SETTINGS,
  ...METRICS_SETTINGS,
};

export type SettingName = keyof typeof SETTINGS;

const ABOUT_LOG =
  'The log goes to standard output: one JSON object a line, or formatted text on a terminal. It contains no token, name, email address or ' +
  'body. If it cannot be written (a full disk, a closed pipe), the service continues, and later logs how many lines were dropped.';

export interface SettingGroup {
  title: string;
  names: readonly SettingName[];
  /** Paragraphs for `docs/configuration.md`, in Markdown. */
  about?: readonly string[];
}

/** The groups of `--help` and `docs/configuration.md`, in order. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  { title: 'Network', names: namesOf(NETWORK_SETTINGS) },
  { title: 'Database', names: namesOf(DATABASE_SETTINGS) },
  { title: 'Backups', names: namesOf(BACKUP_SETTINGS) },
  { title: 'Authentication', names: namesOf(AUTHENTICATION_SETTINGS) },
  { title: 'Rate limits', names: namesOf(RATE_LIMIT_SETTINGS) },
  { title: 'Webhooks', names: namesOf(WEBHOOK_SETTINGS) },
  { title: 'Email', names: namesOf(EMAIL_SETTINGS) },
  { title: 'Logging', names: namesOf(LOGGING_SETTINGS), about: [ABOUT_LOG] },
  { title: 'Metrics', names: namesOf(METRICS_SETTINGS) },
];

function namesOf<Name extends SettingName>(settings: Record<Name, unknown>): Name[] {
  return Object.keys(settings) as Name[];
}
