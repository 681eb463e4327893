import { randomUUID } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type ImportOptions, type ImportSummary, importRows } from '../transfer/import-rows.ts';
import { readJsonServer, withNewOwners } from '../transfer/json-server.ts';
import { type Format, formatOf, readRows } from '../transfer/read-rows.ts';
import { ImportError, type ImportedResource, type ImportRow } from '../transfer/records.ts';
import { CliError } from './cli-error.ts';
import { importApi } from './import-api.ts';
import { RejectReport } from './reject-report.ts';
import { connect, type ServiceOptions, withService } from './service.ts';
import { showProgress } from './show-progress.ts';

/** A larger file does not fit in memory several times. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

export interface ImportFileOptions extends ServiceOptions {
  format?: Format;
  /** Column → field. */
  map: ReadonlyMap<string, string>;
  owner?: string;
  timeZone: string;
  /** Where to write rejected rows. */
  rejects?: string;
  dryRun: boolean;
  atomic: boolean;
  importId?: string;
}

/** What is imported: the rest of {@link ImportOptions} depends on the command's options. */
type Job = Pick<ImportOptions, 'resource' | 'rows' | 'onCreate'> & { importId: string };

/**
 * Keeps the memory of a long import low: V8 otherwise lets it grow to twice as much before it collects what batches leave
 * behind. It takes a fifth more CPU.
 */
function limitMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=5');
}

/** `import users` and `import tasks`. @throws CliError */
export async function importFile(resource: ImportedResource, file: string, options: ImportFileOptions): Promise<void> {
  const { format = formatOf(file), map: mapped, owner, timeZone } = options;
  if (format === undefined) throw new CliError(`the name ${file} does not show the format; set it with --format`);
  const isStdin = file === '-';
  const size = isStdin ? undefined : sizeOf(file, options);
  // What a pipe has is another import each time.
  const importId = options.importId ?? (size === undefined ? randomUUID() : basename(file));
  limitMemory();
  const progress = showProgress();
  await withReport(options, async (report) => {
    progress.start(`${options.dryRun ? 'checking' : 'importing'} ${resource}`, 'bytes', size ?? 0, 0);
    try {
      const { rows, columns, ignored } = await readRows(isStdin ? process.stdin : createReadStream(file), {
        ...{ resource, format, mapped, defaults: { owner, timeZone } },
        onBytes: (count) => progress.advance(count),
      });
      report.columns = columns;
      if (ignored.length > 0)
        process.stderr.write(`Not imported, because no field has this name: ${ignored.join(', ')}\n`);
      return [await runJob({ resource, rows, importId }, options, report)];
    } finally {
      progress.stop();
    }
  });
}

/** `import json-server`: users first, then their tasks with the new IDs. @throws CliError */
export async function importJsonServer(file: string, options: ImportFileOptions): Promise<void> {
  if ((sizeOf(file, options) ?? 0) > MAX_JSON_BYTES)
    throw new CliError(`${file} is larger than 256 MiB; import CSV or NDJSON instead`);
  const importId = options.importId ?? basename(file);
  await withReport(options, async (report) => {
    const { users, tasks } = readJsonServer(readFileSync(file, 'utf8'));
    const newIds = new Map<string, number>();
    const onCreate = ({ values }: ImportRow, id: number) => newIds.set(String(values.id), id);
    return [
      await runJob({ resource: 'users', rows: each(users), importId, onCreate }, options, report),
      await runJob({ resource: 'tasks', rows: withNewOwners(tasks, newIds), importId }, options, report),
    ];
  });
}

interface JobSummary extends ImportSummary {
  resource: ImportedResource;
  seconds: number;
}

async function runJob(job: Job, options: ImportFileOptions, report: RejectReport): Promise<JobSummary> {
  const { dryRun, atomic } = options;
  const service = connect(options);
  // Imported when it is needed, because the schemas take memory.
  const api = dryRun ? (await import('./import-dry-run.ts')).validateOnly(service) : importApi(service);
  const start = performance.now();
  const onReject: ImportOptions['onReject'] = (row, problem) => report.add(row, problem);
  const summary = await importRows({ ...job, api, atomic, onReject });
  return { ...summary, resource: job.resource, seconds: (performance.now() - start) / 1000 };
}

/** Runs an import and prints what it did. Rejected rows make the exit code 2. */
async function withReport(
  options: ImportFileOptions,
  run: (report: RejectReport) => Promise<JobSummary[]>,
): Promise<void> {
  const { rejects, dryRun, atomic } = options;
  const report = new RejectReport(rejects);
  try {
    for (const { resource, created, rejected, seconds } of await withService(options, () => run(report))) {
      const rate = Math.round((created + rejected) / Math.max(seconds, 0.001));
      const done = dryRun ? 'valid' : 'imported';
      const none = atomic && rejected > 0 ? '. With --atomic, no row is imported' : '';
      process.stdout.write(`${resource}: ${created} ${done}, ${rejected} rejected, ${rate} rows/s${none}\n`);
      if (rejected > 0) process.exitCode = 2;
    }
  } catch (error) {
    if (error instanceof ImportError) throw new CliError(error.message);
    throw error;
  } finally {
    report.close();
  }
}

/** The size of the file in bytes, or undefined for a pipe. @throws CliError if it cannot be read as it is. */
function sizeOf(file: string, { rejects }: ImportFileOptions): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new CliError(`there is no file ${file}`);
  if (stats.isDirectory()) throw new CliError(`${file} is a folder; name a file`);
  if (!stats.isFile()) return undefined;
  const other = rejects === undefined ? undefined : statSync(rejects, { throwIfNoEntry: false });
  if (other?.ino === stats.ino && other.dev === stats.dev)
    throw new CliError(`--rejects would overwrite ${file}; choose another name`);
  return stats.size;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
