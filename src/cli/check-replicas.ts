import { describeDatabase, type PostgresConfig } from '../config/database.ts';
import { ConnectFailed } from '../storage/postgres/connect-failed.ts';
import { inspectReplica } from '../storage/postgres/inspect-replica.ts';
import type { Finding } from './finding.ts';

/** Checks the replicas, if there are any. */
export async function checkReplicas({ url, replicas }: PostgresConfig): Promise<Finding[]> {
  if (replicas === undefined) return [];
  const { identity } = await inspectReplica(url);
  return Promise.all(replicas.urls.map((replica) => checkReplica(replica, identity)));
}

async function checkReplica(url: string, identity: string): Promise<Finding> {
  const name = describeDatabase({ engine: 'postgres', url });
  try {
    const found = await inspectReplica(url);
    if (found.identity !== identity) {
      const advice =
        'Correct DATABASE_READ_URL: each URL must name the same database on a server that streams from the primary.';
      return { ok: false, text: `${name} is not a replica of the database in DATABASE_URL`, advice };
    }
    if (!found.isReplica) return { ok: true, text: `${name} accepts writes; it is not used as a replica now` };
    const pooler = found.pooled ? ', through a pooler' : '';
    const feedback = found.feedback ? '' : '; hot_standby_feedback is off, so that the server may end long lists';
    return { ok: true, text: `${name} is a replica${pooler}${feedback}` };
  } catch (error) {
    if (!(error instanceof ConnectFailed)) throw error;
    return { ok: false, text: `replica: ${error.problem}`, advice: error.advice };
  }
}
