import { TimeoutError } from './errors.ts';

/** A signal that is aborted with another one, or after a time. */
export class Timeout {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms the time, in milliseconds. */
  constructor(ms: number, outer: AbortSignal | undefined) {
    this.#ms = ms;
    this.#outer = outer;
    if (outer?.aborted) this.#abort();
    outer?.addEventListener('abort', this.#abort);
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.pause();
    this.#timer = setTimeout(() => {
      this.#controller.abort(new TimeoutError(`nothing was received for ${this.#ms} ms`));
    }, this.#ms);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Must be called at the end: the other signal may live longer. */
  stop(): void {
    this.pause();
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = () => this.#controller.abort(this.#outer?.reason);
}
