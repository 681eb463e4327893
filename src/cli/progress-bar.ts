import { type Options, SingleBar } from 'cli-progress';
import type { Progress } from '../storage/copy/copy.ts';

/** How often a line is written where there is no terminal, in milliseconds. */
const LINE_INTERVAL = 3_000;

/** Shows how a piece of work goes on, on standard error: a bar on a terminal, a line every few seconds elsewhere. */
export class ProgressBar implements Progress {
  #bar: SingleBar | undefined;

  start(title: string, unit: string, total: number, done: number): void {
    this.#bar = new SingleBar({
      ...layout(process.stderr.isTTY),
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: LINE_INTERVAL,
      etaBuffer: 50,
    });
    this.#bar.start(total, done, { title, unit });
  }

  advance(count: number): void {
    this.#bar?.increment(count);
  }

  /** Also after a failure: a bar that goes on would keep the process alive. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function layout(terminal: boolean): Options {
  const counts = '{percentage}%, {value} of {total} {unit}';
  if (!terminal) return { format: `{title}: ${counts}, {eta} s left` };
  return {
    format: `{title} [{bar}] ${counts}, {eta_formatted} left`,
    barsize: 30,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
  };
}
