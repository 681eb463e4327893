import { StoreBusy } from '../../domain/outcomes.ts';

/** The maximum number of long lists of one caller that are read at the same time, including streams. */
const MAX_RUNNING = 2;
/** The maximum number of long lists of one caller that wait. */
const MAX_WAITING = 8;
/** How long a long list waits. Pages take two seconds at most, but a stream may take minutes. */
const MAX_WAIT_MS = 10_000;

/** The maximum number of streams of all callers: twice as many as one caller can have. */
export const MAX_STREAMS = 4;

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
   * @throws StoreBusy as {@link acquire}.
   */
  async run<T>(caller: number | string | undefined, read: () => Promise<T>): Promise<T> {
    const release = await this.acquire(caller);
    try {
      return await read();
    } finally {
      release();
    }
  }

  /**
   * Waits until the caller may read a long list, and returns the function to call when the list has ended.
   *
   * @param caller undefined for the service itself, which is not limited.
   * @throws StoreBusy if too many lists of the caller are waiting, or this one has waited too long.
   */
  async acquire(caller: number | string | undefined): Promise<() => void> {
    if (caller === undefined) return () => undefined;
    const found = this.#callers.get(caller) ?? { running: 0, waiting: [] };
    this.#callers.set(caller, found);
    if (found.running < MAX_RUNNING) found.running++;
    // A list that ends leaves `running` as it is if another one waits.
    else await wait(found);
    return () => {
      const next = found.waiting.shift();
      if (next !== undefined) next();
      else if (--found.running === 0) this.#callers.delete(caller);
    };
  }
}

function wait({ waiting }: Caller): Promise<void> {
  if (waiting.length >= MAX_WAITING) {
    throw new StoreBusy(`${MAX_RUNNING + MAX_WAITING} long lists of this token are already in progress`);
  }
  return new Promise((resolve, reject) => {
    const admit = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(admit), 1);
      reject(new StoreBusy(`a long list waited ${MAX_WAIT_MS} ms for others of this token`));
    }, MAX_WAIT_MS);
    waiting.push(admit);
  });
}
