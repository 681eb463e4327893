import { createHash } from 'node:crypto';
import type { CopiedRow } from './tables.ts';

/** The number of rows of a table, and the SHA-256 of all their values in order. */
export interface Digest {
  rows: number;
  /** In hexadecimal. */
  checksum: string;
}

/** Computes the digest of rows that are added page by page. The size of the pages does not matter. */
export class RunningDigest {
  readonly #hash = createHash('sha256');
  #rows = 0;

  add(rows: CopiedRow[]): void {
    this.#rows += rows.length;
    this.#hash.update(rows.map(encode).join(''));
  }

  finish(): Digest {
    return { rows: this.#rows, checksum: this.#hash.digest('hex') };
  }
}

/** Each value is preceded by its length, so that no two different rows have the same encoding. */
function encode(row: CopiedRow): string {
  let encoded = '';
  for (const text of row) encoded += text === null ? '-' : `${text.length}:${text}`;
  return `${encoded}\n`;
}
