import type { Command } from 'commander';
import { type DatabaseConfig, describeDatabase, parseDatabaseUrl } from '../config/database.ts';
import { StoreUnavailable } from '../domain/outcomes.ts';
import { copyStore } from '../storage/copy/copy.ts';
import { CopyFailed } from '../storage/copy/copy-failed.ts';
import { isConstraintViolation, isRefusal } from '../storage/postgres/errors.ts';
import { isSqliteError } from '../storage/sqlite/errors.ts';
import { CliError } from './cli-error.ts';
import { showProgress } from './show-progress.ts';

/** `copy`: a whole store, from a SQLite file to PostgreSQL. */
export function addCopy(program: Command): void {
  program
    .command('copy')
    .description(
      'copy everything from a SQLite file to PostgreSQL; run it again to go on with one that was interrupted',
    )
    .requiredOption('--from <url>', 'the SQLite file, as file:PATH; nothing else may have it open')
    .requiredOption('--to <url>', 'an empty PostgreSQL database, as postgres://USER:PASSWORD@HOST/NAME')
    .action((options: { from: string; to: string }) =>
      copy(parseDatabaseUrl(options.from, '--from'), parseDatabaseUrl(options.to, '--to')),
    );
}

async function copy(from: DatabaseConfig, to: DatabaseConfig): Promise<void> {
  if (from.engine !== 'sqlite' || to.engine !== 'postgres') {
    throw new CliError('copy goes from SQLite to PostgreSQL and no other way: --from file:PATH --to postgres://…');
  }
  const progress = showProgress();
  const name = describeDatabase(to);
  try {
    const digests = await copyStore({ file: from.file, url: to.url, name, progress });
    for (const [table, { rows, checksum }] of digests) {
      process.stderr.write(`${table}: ${rows} rows on both sides, SHA-256 ${checksum}\n`);
    }
    const counts = [...digests].map(([table, { rows }]) => `${rows} ${table}`).join(', ');
    process.stdout.write(`${from.file} is copied to ${name}: ${counts}; counts and checksums are equal.\n`);
  } catch (error) {
    progress.stop();
    throw explain(error, from.file, name);
  }
}

/** What a person can do about it, where that can be said. */
function explain(error: unknown, file: string, name: string): unknown {
  const advice = adviceOn(error, file, name);
  return advice === undefined ? error : new CliError(advice, { cause: error });
}

function adviceOn(error: unknown, file: string, name: string): string | undefined {
  const { message } = error as Error;
  if (error instanceof CopyFailed) return message;
  if (error instanceof StoreUnavailable) {
    return `the copy stopped (${message}); run the same command again to go on where it was`;
  }
  if (isSqliteError(error)) return `${file} cannot be read (${message}); copy from a backup of it, into a new database`;
  if (isConstraintViolation(error)) {
    return `${name} refused rows (${message}); either side was changed since the copy began, so copy into a new database`;
  }
  if (isRefusal(error)) return `${name} refused (${message}); put that right and run the same command again`;
  return undefined;
}
