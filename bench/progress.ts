const BAR_WIDTH = 30;

/** Tells on standard error how far the run is: as a bar on a terminal, else a line a step. */
export class Progress {
  readonly #steps: number;
  #done = 0;

  constructor(steps: number) {
    this.#steps = steps;
  }

  /** Begins the next step. */
  step(what: string): void {
    const count = `${String(this.#done + 1).padStart(String(this.#steps).length)}/${this.#steps}`;
    if (process.stderr.isTTY) {
      const bar = '█'.repeat((BAR_WIDTH * this.#done) / this.#steps).padEnd(BAR_WIDTH, '░');
      process.stderr.write(`\r\x1b[K${bar} ${count}  ${what}`);
    } else {
      process.stderr.write(`${count}  ${what}\n`);
    }
    this.#done++;
  }

  /** Clears the bar. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}
