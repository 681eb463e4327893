import { setImmediate } from 'node:timers/promises';
import { CopyFailed } from './copy-failed.ts';
import { type Digest, RunningDigest } from './digest.ts';
import { Source } from './source.ts';
import { COPIED_TABLES, type CopiedRow, type CopiedTable } from './tables.ts';
import { Target } from './target.ts';

/** Told of how the work goes on, a piece after another: the rows of a table, the indexes, a comparison. */
export interface Progress {
  /** A piece begins, of which so much is done already. */
  start: (title: string, unit: string, total: number, done: number) => void;
  /** So much more of it is done. */
  advance: (count: number) => void;
  /** The piece is done. */
  stop: () => void;
}

export interface CopyOptions {
  /** The SQLite file, by its absolute path. */
  file: string;
  /** The PostgreSQL database. */
  url: string;
  /** The database as a person may be shown it: without user and password. */
  name: string;
  progress: Progress;
}

/**
 * Copies everything from a SQLite file to a PostgreSQL database, and compares both afterwards. When it ends before that,
 * for whatever reason, the same again goes on where it was.
 *
 * @returns the sum of each table, which is the same on both sides.
 * @throws CopyFailed with what to do when it cannot be made, or is not equal.
 * @throws StoreUnusable when one of the two cannot be used; StoreUnavailable when PostgreSQL goes away.
 */
export async function copyStore({ file, url, name, progress }: CopyOptions): Promise<Map<string, Digest>> {
  const source = Source.open(file);
  try {
    const target = await Target.open(url, name, COPIED_TABLES, file);
    try {
      for (const table of COPIED_TABLES) await copyRows(source, target, table, progress);
      await raiseIds(source, target);
      await makeIndexes(target, progress);
      const digests = new Map<string, Digest>();
      for (const table of COPIED_TABLES) digests.set(table.name, await compare(source, target, table, name, progress));
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
  // The next page is read while PostgreSQL stores the one before.
  for (const page of source.pages(table, lastKey)) {
    await sent;
    sent = target.insert(table, page).then(() => progress.advance(page.length));
    sent.catch(() => undefined);
    // What is to be sent leaves before the file is read on, which holds up everything else.
    await setImmediate();
  }
  await sent;
  progress.stop();
}

async function raiseIds(source: Source, target: Target): Promise<void> {
  for (const table of COPIED_TABLES) await target.raiseIds(table, source.greatestId(table));
}

async function makeIndexes(target: Target, progress: Progress): Promise<void> {
  progress.start('making indexes', 'indexes', target.indexesLeft, 0);
  while (target.indexesLeft > 0) {
    await target.makeIndex();
    progress.advance(1);
  }
  for (const table of COPIED_TABLES) await target.analyze(table);
  progress.stop();
}

async function compare(
  source: Source,
  target: Target,
  table: CopiedTable,
  name: string,
  progress: Progress,
): Promise<Digest> {
  progress.start(`comparing ${table.name}`, 'rows', source.countRows(table), 0);
  const [here, there] = await Promise.all([
    sumUp(source.pages(table), (count) => progress.advance(count)),
    sumUp(target.pages(table)),
  ]);
  progress.stop();
  if (here.rows === there.rows && here.checksum === there.checksum) return there;
  const difference =
    here.rows === there.rows
      ? 'the checksums are not equal'
      : `${here.rows} rows were to be copied, ${there.rows} are there`;
  throw new CopyFailed(
    `the table ${table.name} of ${name} is not equal to its source: ${difference}; either was changed since the copy ` +
      'began, so copy once more, into a new database',
  );
}

async function sumUp(
  pages: Iterable<CopiedRow[]> | AsyncIterable<CopiedRow[]>,
  onRows?: (count: number) => void,
): Promise<Digest> {
  const digest = new RunningDigest();
  for await (const page of pages) {
    digest.add(page);
    onRows?.(page.length);
    // A file is read without a pause, and the other side is to be read as well.
    await setImmediate();
  }
  return digest.finish();
}
