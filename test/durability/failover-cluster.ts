import { setTimeout as wait } from 'node:timers/promises';
import { type PostgresPair, startPostgresPair } from '../support/postgres-pair.ts';

/** How the primary ends: killed, stopped, hanging and back later, or not at all while its standby is promoted. */
export type Failure = 'crash' | 'stop' | 'hang' | 'none';

/** A primary and a synchronous standby. */
export interface Cluster {
  /** The URL for the service. */
  url: string;
  /** What it is and how it fails over, a sentence or two for the report. */
  conditions: string;
  /** The failures that it can have. */
  failures: readonly Failure[];
  /**
   * Lets the primary fail and the standby become the primary.
   *
   * @param pauseMs the time between the two, if this decides it.
   * @returns when the new primary accepted writes, as `performance.now()`.
   */
  failOver: (failure: Failure, pauseMs: number) => Promise<number>;
  /** Makes the old primary the synchronous standby of the new one. */
  repair: () => Promise<void>;
  /** Reads rows from the primary. */
  query: (sql: string) => Promise<unknown[][]>;
  remove: () => Promise<void>;
}

/** How long an old primary that hangs or continues may be there beside the new one. */
const BESIDE_MS = 2_000;

/** Two servers, with `pg_ctl promote`. */
export async function startPair(): Promise<Cluster> {
  const pair: PostgresPair = await startPostgresPair();
  let failed: Failure = 'none';
  return {
    url: pair.url,
    conditions:
      'PostgreSQL 18, and `pg_ctl promote` at most two seconds after the failure. In turn, the primary is killed, is stopped, hangs and ' +
      'continues beside the new one, or never stops: then both accept writes for two seconds.',
    failures: ['crash', 'stop', 'hang', 'none'],
    async failOver(failure, pauseMs) {
      const { primary } = pair;
      failed = failure;
      if (failure === 'hang') primary.signalAll('SIGSTOP');
      else if (failure !== 'none') await primary.stop(failure === 'crash' ? 'SIGQUIT' : 'SIGINT');
      await wait(pauseMs);
      await pair.promote();
      return performance.now();
    },
    async repair() {
      // It accepts writes, beside the new primary.
      if (failed === 'hang') pair.standby.signalAll('SIGCONT');
      if (failed === 'hang' || failed === 'none') await wait(BESIDE_MS);
      await pair.rebuildStandby();
    },
    query: (sql) => pair.primary.query(sql),
    remove: async () => {
      if (failed === 'hang') for (const server of [pair.primary, pair.standby]) server.signalAll('SIGCONT');
      await pair.remove();
    },
  };
}
