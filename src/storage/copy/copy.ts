import { setImmediate } from 'node:timers/promises';
import type { Progress } from '../../domain/progress.ts';
import { CopyFailed } from './copy-failed.ts';
import { type Digest, RunningDigest } from './digest.ts';
import { Source } from './source.ts';
import type { CopiedRow, CopiedTable } from './tables.ts';
import { Target } from './target.ts';

export interface CopyOptions {
  /** The absolute path of the SQLite file. */
  file: string;
  /** The URL of the PostgreSQL database. */
  url: string;
  /** The PostgreSQL database for messages: without user and password. */
  name: string;
  progress: Progress;
}

/**
 * Copies all data from a SQLite file to a PostgreSQL database, then compares both. If it is interrupted, calling it again
 * resumes the copy.
 *
 * @returns the digest of each table, which is the same in both databases.
 * @throws CopyFailed if the copy cannot be made, or differs from the source.
 * @throws StoreUnusable if one of the databases cannot be used; StoreUnavailable if PostgreSQL becomes unavailable.
 */
export async function copyStore({ file, url, name, progress }: CopyOptions): Promise<Map<string, Digest>> {
  const source = Source.open(file);
  try {
    const target = await Target.open(url, name, source.tables, file);
    try {
      for (const table of source.tables) await copyRows(source, target, table, progress);
      await raiseIds(source, target);
      await createIndexes(source, target, progress);
      await indexWords(source, target, progress);
      const digests = new Map<string, Digest>();
      for (const table of source.tables)
        digests.set(table.name, await compareTable(source, target, table, name, progress));
      await target.finish();
      return digests;
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

async function copyRows(source: Source, target: Target, table: CopiedTable, progress: Progress): Promise<void> {
  const { rows: done, lastKey } = target.progressOf(table);
  progress.start(`copying ${table.name}`, 'rows', source.countRows(table), done);
  let sent: Promise<void> = Promise.resolve();
  // The next page is read while PostgreSQL inserts this one.
  for (const page of source.pages(table, lastKey)) {
    await sent;
    sent = target.insert(table, page).then(() => progress.advance(page.length));
    sent.catch(() => undefined);
    // Lets the socket send before the next page is read, which blocks the event loop.
    await setImmediate();
  }
  await sent;
  progress.stop();
}

async function raiseIds(source: Source, target: Target): Promise<void> {
  for (const table of source.tables) await target.raiseIds(table, source.greatestId(table));
}

async function createIndexes(source: Source, target: Target, progress: Progress): Promise<void> {
  progress.start('creating indexes', 'indexes', target.missingIndexes, 0);
  while (target.missingIndexes > 0) {
    await target.createIndex();
    progress.advance(1);
  }
  for (const table of source.tables) await target.analyze(table);
  progress.stop();
}

async function indexWords(source: Source, target: Target, progress: Progress): Promise<void> {
  const searched = source.tables.filter(({ name }) => name === 'users' || name === 'tasks');
  const rows = searched.reduce((sum, table) => sum + source.countRows(table), 0);
  progress.start('indexing words', 'rows', rows, 0);
  await target.indexWords((count) => progress.advance(count));
  progress.stop();
}

async function compareTable(
  source: Source,
  target: Target,
  table: CopiedTable,
  name: string,
  progress: Progress,
): Promise<Digest> {
  progress.start(`comparing ${table.name}`, 'rows', source.countRows(table), 0);
  const [expected, actual] = await Promise.all([
    digestOf(source.pages(table), (count) => progress.advance(count)),
    digestOf(target.pages(table)),
  ]);
  progress.stop();
  if (expected.rows === actual.rows && expected.checksum === actual.checksum) return actual;
  const difference =
    expected.rows === actual.rows
      ? 'the checksums differ'
      : `${expected.rows} rows were to be copied, ${actual.rows} are there`;
  throw new CopyFailed(
    `the table ${table.name} of ${name} differs from its source: ${difference}; one of them was changed after the copy ` +
      'began, so copy again, into a new database',
  );
}

async function digestOf(
  pages: Iterable<CopiedRow[]> | AsyncIterable<CopiedRow[]>,
  onRows?: (count: number) => void,
): Promise<Digest> {
  const digest = new RunningDigest();
  for await (const page of pages) {
    digest.add(page);
    onRows?.(page.length);
    // The file is read synchronously; this lets the other database be read at the same time.
    await setImmediate();
  }
  return digest.finish();
}
