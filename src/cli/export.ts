import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TaskApi } from '../../client/src/index.ts';
import { type ExportFormat, exportRows } from '../transfer/export-rows.ts';
import type { ImportedResource } from '../transfer/records.ts';
import { CliError } from './cli-error.ts';
import { cannotWrite } from './file-error.ts';
import { connect, type ServiceOptions, withService } from './service.ts';

export interface ExportFileOptions extends ServiceOptions {
  format?: ExportFormat;
}

/** `export users` and `export tasks`. A file has its name only when it is complete. */
export async function exportFile(resource: ImportedResource, file: string, options: ExportFileOptions): Promise<void> {
  const format = options.format ?? (/\.(?:ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv');
  if (file !== '-' && existsSync(file))
    throw new CliError(`${file} exists and is not overwritten; choose another name`);
  const api = connect(options);
  const items = resource === 'users' ? api.users.stream() : api.tasks.stream();
  const findAddresses = (userIds: readonly number[]) => findOwners(api, userIds);
  const rows = exportRows({ resource, format, items, findAddresses });
  await withService(options, async () => {
    if (file === '-') await pipeline(rows, process.stdout as Writable, { end: false });
    else await writeFile(file, rows);
  });
}

async function writeFile(file: string, rows: AsyncIterable<string>): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await pipeline(rows, createWriteStream(partial, { mode: 0o600, flush: true }));
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw cannotWrite(file, error);
  }
}

async function findOwners(api: TaskApi, userIds: readonly number[]): Promise<Map<number, string>> {
  const { items } = await api.users.listPage({ userId: [...userIds], perPage: 100 });
  return new Map(items.map(({ userId, contactEmail }) => [userId, contactEmail]));
}
