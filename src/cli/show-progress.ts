import { SingleBar } from 'cli-progress';
import type { Progress } from '../domain/progress.ts';

/** How often a line is written if there is no terminal. */
const LINE_INTERVAL_MS = 3_000;

/**
 * Shows progress on standard error: a bar on a terminal, a line every few seconds elsewhere. Call `stop` after a failure
 * as well: the timer keeps the process alive.
 */
export function showProgress(): Progress {
  return process.stderr.isTTY ? new ProgressBar() : new ProgressLines();
}

class ProgressBar implements Progress {
  readonly #bar = new SingleBar({
    format: '{title} [{bar}] {percentage}%, {value} of {total} {unit}, {eta_formatted} left',
    barsize: 15,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    stream: process.stderr,
    // Otherwise an interrupt leaves the terminal with line wrapping off.
    linewrap: true,
  });

  start(title: string, unit: string, total: number, done: number): void {
    this.#bar.start(total, done, { title, unit });
  }

  advance(count: number): void {
    this.#bar.increment(count);
  }

  stop(): void {
    this.#bar.stop();
  }
}

class ProgressLines implements Progress {
  #piece = { title: '', unit: '', total: 0, done: 0 };
  #timer: NodeJS.Timeout | undefined;

  start(title: string, unit: string, total: number, done: number): void {
    this.#piece = { title, unit, total, done };
    if (done > 0) this.#write();
    this.#timer = setInterval(() => this.#write(), LINE_INTERVAL_MS);
  }

  advance(count: number): void {
    this.#piece.done += count;
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#write();
  }

  #write(): void {
    const { title, unit, total, done } = this.#piece;
    if (total === 0 && done > 0) {
      process.stderr.write(`${title}: ${done} ${unit}\n`);
      return;
    }
    const percentage = total === 0 ? 100 : Math.floor((done / total) * 100);
    process.stderr.write(`${title}: ${percentage}%, ${done} of ${total} ${unit}\n`);
  }
}
