/**
 * How long to leave the database and the disk to others between two purges, in milliseconds; and after one that failed.
 * Some minutes for 100,000 tasks: nobody waits for it.
 */
const PAUSE = 12;
const PAUSE_AFTER_FAILURE = 1000;

/** Carries on with a piece of work, a little at a time, until nothing is left of it. */
export class Purger {
  readonly #purge: () => Promise<boolean>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param purge does some of the work; fulfilled with false when nothing was left. */
  constructor(purge: () => Promise<boolean>) {
    this.#purge = purge;
  }

  /** Goes on by itself until nothing is left. */
  start(): void {
    if (this.#timer === undefined) this.#continueAfter(PAUSE);
  }

  /** Begins no more work. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #continueAfter(pause: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#purge().then(
        (more) => {
          if (more) this.#continueAfter(PAUSE);
          else this.#timer = undefined;
        },
        () => this.#continueAfter(PAUSE_AFTER_FAILURE),
      );
    }, pause);
  }
}
