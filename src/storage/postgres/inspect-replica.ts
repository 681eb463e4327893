import { connect } from './connect.ts';
import { isPooled } from './pooler.ts';
import { IDENTITY } from './replica.ts';

/** What the URL of a replica leads to. */
export interface InspectedReplica {
  pooled: boolean;
  /** Whether it streams from another server. */
  isReplica: boolean;
  /** The same for the primary and all its replicas. */
  identity: string;
  /** Whether the primary keeps old rows that lists of the replica need. */
  feedback: boolean;
}

/** @throws ConnectFailed */
export async function inspectReplica(url: string): Promise<InspectedReplica> {
  const client = await connect(url);
  try {
    const text = `SELECT pg_is_in_recovery(), (${IDENTITY.text}), current_setting('hot_standby_feedback') = 'on'`;
    const { rows } = await client.query<[boolean, string, boolean]>({ text, rowMode: 'array' });
    const [isReplica, identity, feedback] = rows[0] as [boolean, string, boolean];
    return { pooled: await isPooled(client), isReplica, identity, feedback };
  } finally {
    await client.end().catch(() => undefined);
  }
}
