import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { promisify } from 'node:util';
import type { Config } from '../config/config.ts';
import type { Finding } from './finding.ts';

/** Checks that scheduled backups can be written. */
export async function checkBackups({ backupTo, database }: Config): Promise<Finding[]> {
  if (backupTo === undefined) return [];
  return [checkFolder(backupTo), ...(database.engine === 'postgres' ? [await checkPgDump()] : [])];
}

function checkFolder(folder: string): Finding {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { ok: true, text: `backups can be written to ${folder}` };
  } catch (error) {
    const text = `backups cannot be written to ${folder} (${(error as NodeJS.ErrnoException).code})`;
    return {
      ok: false,
      text,
      advice: 'Create the directory for the user that runs the service, or correct BACKUP_TO.',
    };
  }
}

async function checkPgDump(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('pg_dump', ['--version']);
    return { ok: true, text: stdout.trim() };
  } catch {
    const advice = 'Install the PostgreSQL client programs of the version of the server.';
    return { ok: false, text: 'pg_dump, which makes backups, does not run', advice };
  }
}
