import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Progress } from '../domain/progress.ts';

/** The start of the names of folders for unfinished files. */
export const FOLDER_PREFIX = '.task-api-';

/** How much is written between two syncs. */
const BYTES_PER_SYNC = 1024 * 1024;

/** How a backup is compressed, by its first bytes. */
const FORMATS: readonly { extension: string; magic: string; compress: () => Transform; decompress: () => Transform }[] =
  [
    { extension: '.zst', magic: '28b52ffd', compress: createZstdCompress, decompress: createZstdDecompress },
    { extension: '.gz', magic: '1f8b', compress: createGzip, decompress: createGunzip },
  ];

/** Whether the name of a backup asks for compression. */
export function isCompressedName(file: string): boolean {
  return FORMATS.some(({ extension }) => file.endsWith(extension));
}

/** Compresses `source` to `target` in the format that the extension of `name` selects. */
export function compressFile(source: string, target: string, name: string, progress: Progress): Promise<void> {
  const format = FORMATS.find(({ extension }) => name.endsWith(extension));
  return transform('compressing', source, target, format?.compress(), progress);
}

/** Copies a backup to `target`, decompressed if its first bytes are those of a compressed file. */
export function extractFile(source: string, target: string, progress: Progress): Promise<void> {
  const start = Buffer.alloc(4);
  const handle = openSync(source, 'r');
  readSync(handle, start);
  closeSync(handle);
  const format = FORMATS.find(({ magic }) => start.toString('hex').startsWith(magic));
  return transform(format === undefined ? 'reading' : 'decompressing', source, target, format?.decompress(), progress);
}

async function transform(
  title: string,
  source: string,
  target: string,
  transformation: Transform | undefined,
  progress: Progress,
): Promise<void> {
  progress.start(title, 'bytes', statSync(source).size, 0);
  const read = createReadStream(source).on('data', (chunk) => progress.advance(chunk.length));
  const write = (chunks: AsyncIterable<Buffer>) => writeSynced(target, chunks);
  await (transformation === undefined ? pipeline(read, write) : pipeline(read, transformation, write));
  progress.stop();
}

/** Writes a new file. Syncs it in parts: one sync of all of it would delay the syncs of the service on the same disk. */
async function writeSynced(file: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    let unsynced = 0;
    for await (const chunk of chunks) {
      await handle.appendFile(chunk);
      unsynced += chunk.length;
      if (unsynced < BYTES_PER_SYNC) continue;
      await handle.datasync();
      unsynced = 0;
    }
  } finally {
    await handle.close();
  }
}

/**
 * Calls `work` with a new folder beside `file`, on the same file system. The folder is deleted afterwards, also if a signal
 * ends the process.
 */
export async function withFolderBeside<T>(file: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(dirname(file), FOLDER_PREFIX));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const stop = () => {
    remove();
    process.exit(1);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    return await work(folder);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    remove();
  }
}

/** Moves a complete file to its final name, so that a power failure leaves either all of it or nothing. */
export function publishFile(source: string, file: string): void {
  sync(source, 'r+');
  renameSync(source, file);
  // Windows cannot open folders, and syncs their entries itself.
  if (process.platform !== 'win32') sync(dirname(file), 'r');
}

function sync(path: string, flags: 'r' | 'r+'): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
