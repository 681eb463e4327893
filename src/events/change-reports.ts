import type { ChangeChannel } from '../domain/change-channel.ts';

/** The minimum time between two reports, however many requests change something. On PostgreSQL, a report costs about a create. */
const MIN_INTERVAL_MS = 50;

/** How often a process with streams asks for reports, and how long other processes then send them. */
const ASK_INTERVAL_MS = 4_000;
const REPORTING_MS = 60_000;

/**
 * Reports changes to other processes, and receives their reports. A process only sends reports while another one has streams,
 * so services without streams do no work for them.
 */
export class ChangeReports {
  readonly #channel: ChangeChannel;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When to stop reporting. A process that has just started does not know whether another one has streams. */
  #reportUntil = performance.now() + REPORTING_MS;
  #reportedAt = 0;
  #report: NodeJS.Timeout | undefined;

  /** @param onChange called when another process has changed something. */
  constructor(channel: ChangeChannel, onChange: () => void) {
    this.#channel = channel;
    channel.onMessage((message) => {
      if (message === 'changed') onChange();
      else this.#reportUntil = performance.now() + REPORTING_MS;
    });
  }

  /** Asks other processes to report their changes. Call it repeatedly while streams wait. */
  ask(): void {
    const now = performance.now();
    if (now < this.#askedAt + ASK_INTERVAL_MS) return;
    this.#askedAt = now;
    this.#channel.send('waiting');
  }

  /** Reports that this process has changed something. */
  changed(): void {
    const now = performance.now();
    if (this.#report !== undefined || now > this.#reportUntil) return;
    const send = () => {
      this.#report = undefined;
      this.#reportedAt = performance.now();
      this.#channel.send('changed');
    };
    this.#report = setTimeout(send, Math.max(0, this.#reportedAt + MIN_INTERVAL_MS - now));
  }
}
