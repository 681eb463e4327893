import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A database that the program of an earlier version has left. */
export interface StoredDatabase {
  /** The SQLite file, or the SQL of `pg_dump`. */
  content: Buffer;
  /** When, in milliseconds since the epoch. */
  writtenAt: number;
  /** The tokens that were issued, in order. */
  tokens: string[];
}

export function storedPath(engine: 'sqlite' | 'postgres', version: number): string {
  return join(import.meta.dirname, `${engine}-${version}.json`);
}

/** @throws Error if there is none. */
export function readStored(engine: 'sqlite' | 'postgres', version: number): StoredDatabase {
  const path = storedPath(engine, version);
  if (!existsSync(path)) {
    throw new Error(
      `there is no ${path}: npx node test/storage/versions/write.ts writes it with the program of version ${version}`,
    );
  }
  const { writtenAt, tokens, gzip } = JSON.parse(readFileSync(path, 'utf8'));
  return { writtenAt: Date.parse(writtenAt), tokens, content: gunzipSync(Buffer.from(gzip.join(''), 'base64')) };
}
