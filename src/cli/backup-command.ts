import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { backUp, backUpTo } from './backup.ts';
import { CliError } from './cli-error.ts';
import { runScheduledBackups } from './scheduled-backups.ts';

export interface BackupOptions {
  to?: string;
  keep?: number;
  /** In milliseconds. */
  every?: number;
}

/** `backup`: to a file, to a directory, or repeatedly to a directory. */
export async function runBackupCommand(
  config: Config,
  file: string | undefined,
  options: BackupOptions,
): Promise<void> {
  const { to, keep, every } = options;
  if ((file === undefined) === (to === undefined)) throw new CliError('backup needs either a file or --to DIRECTORY');
  if (file !== undefined) {
    if (keep !== undefined || every !== undefined) throw new CliError('--keep and --every need --to DIRECTORY');
    return backUp(config, file);
  }
  const backupTo = resolve(to as string);
  if (every === undefined) return backUpTo(config, backupTo, keep);
  return runScheduledBackups({ ...config, backupTo, backupEvery: every, backupKeep: keep ?? config.backupKeep });
}
