import { LRUCache } from 'lru-cache';
import { OWNER_FIELD } from './columns.ts';
import type { ImportRow } from './records.ts';

const MAX_CACHED_OWNERS = 100_000;

/** How many owners are searched for at once. */
const CONCURRENCY = 16;

/** Finds the owners that tasks name by their address. */
export class OwnerFinder {
  readonly #find: (email: string) => Promise<number | undefined>;
  readonly #ids = new LRUCache<string, Promise<number | undefined>>({ max: MAX_CACHED_OWNERS });
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(find: (email: string) => Promise<number | undefined>) {
    this.#find = find;
  }

  /** The row with `userId`, or with a problem if no user has the address. */
  async resolve(row: ImportRow): Promise<ImportRow> {
    const { [OWNER_FIELD]: email, ...fields } = row.fields;
    if (row.problem !== undefined || email === undefined) return row;
    const text = String(email);
    const key = text.toLowerCase();
    const id = this.#ids.get(key) ?? this.#search(text);
    this.#ids.set(key, id);
    const userId = await id;
    if (userId !== undefined) return { ...row, fields: { ...fields, userId } };
    return { ...row, problem: { field: OWNER_FIELD, reason: 'No user has this address' } };
  }

  async #search(email: string): Promise<number | undefined> {
    if (this.#running >= CONCURRENCY) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await this.#find(email);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
