import { setImmediate as nextTurn } from 'node:timers/promises';

/** Admits one caller in each turn of the event loop, so that large responses do not block it together. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Fulfilled when the caller may continue. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}
