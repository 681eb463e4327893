import { createHash } from 'node:crypto';
import type { CopiedRow } from './tables.ts';

/** The sum of the rows of a table: how many they are, and a SHA-256 of all their values in order. */
export interface Digest {
  rows: number;
  /** In hexadecimal. */
  checksum: string;
}

/** Sums rows up as they come, whatever the pages they come in. */
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

/** Each text with its length before it, so that no two rows are written alike. */
function encode(row: CopiedRow): string {
  let encoded = '';
  for (const text of row) encoded += text === null ? '-' : `${text.length}:${text}`;
  return `${encoded}\n`;
}
