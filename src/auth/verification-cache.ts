import { LRUCache } from 'lru-cache';

/** How long a token is remembered, in milliseconds: a revocation, or a deletion, takes effect within this time. */
const REMEMBERED_FOR = 500;
const MAX_REMEMBERED = 10_000;

/** Remembers for a moment what was found out about tokens. */
export class ShortMemory<T extends object> {
  readonly #remembered = new LRUCache<string, { readonly value: T; readonly readAt: number }>({ max: MAX_REMEMBERED });

  /** What was remembered under a key, if that is recent at `now` (milliseconds since the epoch). */
  get(key: string, now: number): T | undefined {
    const remembered = this.#remembered.get(key);
    if (remembered === undefined) return undefined;
    const age = now - remembered.readAt;
    // A clock that was set back makes the age negative: that is no reason to trust for longer.
    return age >= 0 && age < REMEMBERED_FOR ? remembered.value : undefined;
  }

  /** @param readAt when it was asked for, in milliseconds since the epoch. */
  set(key: string, value: T, readAt: number): void {
    this.#remembered.set(key, { value, readAt });
  }

  /** Forgets whatever matches. */
  forget(matches: (value: T) => boolean): void {
    for (const [key, { value }] of this.#remembered.entries()) {
      if (matches(value)) this.#remembered.delete(key);
    }
  }
}
