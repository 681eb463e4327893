import { StoreBusy } from '../../domain/outcomes.ts';

/** How many long lists of one caller are read at a time. */
const MAX_RUNNING = 2;
/** How many more of one caller may wait. */
const MAX_WAITING = 8;

interface Caller {
  running: number;
  waiting: (() => void)[];
}

/**
 * Lets one caller have a few long lists read at a time, so that the lists of others, which are read in turn with them, do
 * not have to wait for long.
 */
export class CallerSlots {
  readonly #callers = new Map<number | string, Caller>();

  /**
   * Calls `read`, at once or when other lists of the same caller are done.
   *
   * @param caller undefined for the service itself, which is not limited.
   * @throws StoreBusy when too many of the caller's wait already.
   */
  async run<T>(caller: number | string | undefined, read: () => Promise<T>): Promise<T> {
    if (caller === undefined) return read();
    const found = this.#callers.get(caller) ?? { running: 0, waiting: [] };
    this.#callers.set(caller, found);
    if (found.running < MAX_RUNNING) {
      found.running++;
    } else {
      if (found.waiting.length >= MAX_WAITING) {
        throw new StoreBusy(`${MAX_RUNNING + MAX_WAITING} long lists of this token are under way already`);
      }
      // Whoever is done hands its place over.
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
