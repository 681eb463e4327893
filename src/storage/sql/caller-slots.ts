import { StoreBusy } from '../../domain/outcomes.ts';

/** The maximum number of long lists of one caller that are read at the same time. */
const MAX_RUNNING = 2;
/** The maximum number of long lists of one caller that wait. */
const MAX_WAITING = 8;

interface Caller {
  running: number;
  waiting: (() => void)[];
}

/** Limits the long lists that one caller reads at the same time, so that they do not delay those of other callers. */
export class CallerSlots {
  readonly #callers = new Map<number | string, Caller>();

  /**
   * Calls `read`, immediately or when other lists of the same caller have ended.
   *
   * @param caller undefined for the service itself, which is not limited.
   * @throws StoreBusy if too many lists of the caller are waiting.
   */
  async run<T>(caller: number | string | undefined, read: () => Promise<T>): Promise<T> {
    if (caller === undefined) return read();
    const found = this.#callers.get(caller) ?? { running: 0, waiting: [] };
    this.#callers.set(caller, found);
    if (found.running < MAX_RUNNING) {
      found.running++;
    } else {
      if (found.waiting.length >= MAX_WAITING) {
        throw new StoreBusy(`${MAX_RUNNING + MAX_WAITING} long lists of this token are already in progress`);
      }
      // Resolved by a list that ends, which leaves `running` as it is.
      await new Promise<void>((resolve) => found.waiting.push(resolve));
    }
    try {
      return await read();
    } finally {
      const next = found.waiting.shift();
      if (next !== undefined) next();
      else if (--found.running === 0) this.#callers.delete(caller);
    }
  }
}
