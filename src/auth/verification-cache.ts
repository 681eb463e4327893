import { LRUCache } from 'lru-cache';

/** How long an entry is valid: a revocation in another process takes effect within this time. */
const TTL_MS = 500;
const MAX_ENTRIES = 10_000;

/**
 * Caches the results of token verification for {@link TTL_MS}. The `ttl` option of lru-cache is not used: it keeps entries
 * for longer if the clock is set back.
 */
export class VerificationCache<T extends object> {
  readonly #entries = new LRUCache<string, { readonly value: T; readonly verifiedAt: number }>({ max: MAX_ENTRIES });

  /** The value of a key, or undefined if there is none that is valid at `now` (milliseconds since the epoch). */
  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const age = now - entry.verifiedAt;
    // Negative if the clock was set back.
    return age >= 0 && age < TTL_MS ? entry.value : undefined;
  }

  /** @param verifiedAt when the verification began, in milliseconds since the epoch. */
  set(key: string, value: T, verifiedAt: number): void {
    this.#entries.set(key, { value, verifiedAt });
  }

  /** Deletes the entries that match. */
  delete(matches: (value: T) => boolean): void {
    for (const [key, { value }] of this.#entries.entries()) {
      if (matches(value)) this.#entries.delete(key);
    }
  }
}
