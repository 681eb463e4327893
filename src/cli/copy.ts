import { describeDatabase, parseDatabaseUrl } from '../config/database.ts';
import { StoreUnavailable } from '../domain/outcomes.ts';
import { copyStore } from '../storage/copy/copy.ts';
import { CopyFailed } from '../storage/copy/copy-failed.ts';
import { isConstraintViolation, isServerError } from '../storage/postgres/errors.ts';
import { isSqliteError } from '../storage/sqlite/errors.ts';
import { CliError } from './cli-error.ts';
import { showProgress } from './show-progress.ts';

/** `copy`. */
export async function copy(fromUrl: string, toUrl: string): Promise<void> {
  const from = parseDatabaseUrl(fromUrl, '--from');
  const to = parseDatabaseUrl(toUrl, '--to');
  if (from.engine !== 'sqlite' || to.engine !== 'postgres') {
    throw new CliError('copy works only from SQLite to PostgreSQL: --from file:PATH --to postgres://…');
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

/** Adds what to do about an error, if it is an expected one. */
function explain(error: unknown, file: string, name: string): unknown {
  const advice = adviceOn(error, file, name);
  return advice === undefined ? error : new CliError(advice, { cause: error });
}

function adviceOn(error: unknown, file: string, name: string): string | undefined {
  const { message } = error as Error;
  if (error instanceof CopyFailed) return message;
  if (error instanceof StoreUnavailable) {
    return `the copy stopped (${message}); run the same command again to resume it`;
  }
  if (isSqliteError(error)) return `${file} cannot be read (${message}); copy from a backup of it, into a new database`;
  if (isConstraintViolation(error)) {
    return `${name} rejected rows (${message}); a database was changed since the copy began, so copy into a new database`;
  }
  if (isServerError(error))
    return `${name} rejected a statement (${message}); correct the cause and run the same command again`;
  return undefined;
}
