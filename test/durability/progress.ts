import type { KillResult } from './kill-rounds.ts';

const BAR_WIDTH = 30;

/** Shows how far the rounds are: a bar that stays on its line on a terminal, a line a round elsewhere. */
export function showProgress(to: NodeJS.WriteStream, rounds: number): (done: KillResult) => void {
  return (done) => {
    const counts = `${done.rounds}/${rounds} rounds, ${done.acknowledged} users acknowledged`;
    if (!to.isTTY) {
      to.write(`${counts}\n`);
      return;
    }
    const filled = Math.round((done.rounds / rounds) * BAR_WIDTH);
    const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '-');
    const last = done.rounds === rounds || done.violations.length > 0;
    // Back to the start of the line, and what was there is erased.
    to.write(`\r\x1b[K[${bar}] ${counts}${last ? '\n' : ''}`);
  };
}
