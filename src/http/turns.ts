import { setImmediate as nextTurn } from 'node:timers/promises';

/** Gives one caller in each turn of the event loop its turn, so that a large response delays others by one at most. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Fulfilled when it is the caller's turn. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}
