import { resolve } from 'node:path';
import { parseDuration } from '../formats/duration.ts';
import { isWebhookUrl } from '../formats/webhook-url.ts';
import type { Setting } from './setting.ts';

export const BACKUP_SETTINGS = {
  backupTo: {
    variable: 'BACKUP_TO',
    flag: '--backup-to <directory>',
    description: 'directory of scheduled backups',
    details: 'If it is not set, there are none. It must exist. See [Backup](backup.md#schedule).',
    values: 'a path',
    default: '',
    parse: (text: string) => (text.includes('\0') ? undefined : resolve(text)),
  },
  backupEvery: {
    variable: 'BACKUP_EVERY',
    flag: '--backup-every <duration>',
    description: 'time from one scheduled backup to the next',
    values: 'a duration, such as `1d`, `6h` or `30m`',
    default: '6h',
    parse: parseDuration,
  },
  backupKeep: {
    variable: 'BACKUP_KEEP',
    flag: '--backup-keep <number>',
    description: 'number of scheduled backups to keep',
    details: 'After each backup, the oldest ones are deleted.',
    values: 'an integer from 1 to 9999',
    default: '28',
    parse: parseBackupCount,
  },
  backupFailureUrl: {
    variable: 'BACKUP_FAILURE_URL',
    flag: '--backup-failure-url <url>',
    description: 'URL that gets a POST request when a scheduled backup fails',
    details: 'Private addresses need `WEBHOOK_ALLOW_PRIVATE=true`.',
    values: 'an `http` or `https` URL without user and password',
    default: '',
    parse: (text: string) => (isWebhookUrl(text) ? text : undefined),
    // Such URLs often contain a secret.
    redact: () => undefined,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** A number of backups to keep. */
export function parseBackupCount(text: string): number | undefined {
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}
