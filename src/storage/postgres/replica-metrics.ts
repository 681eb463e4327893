import type { Metrics } from '../../metrics/metrics.ts';
import type { Replicas } from './replicas.ts';

/** Reports how far behind each replica is, whether it is in use, and how many reads each server had. */
export function addReplicaMetrics(metrics: Metrics, replicas: Replicas): void {
  const ofEach = (read: (replica: Replicas['replicas'][number]) => number) => () =>
    replicas.replicas.map((replica): [string, number] => [replica.name, read(replica)]);
  metrics.addLabelledGauge(
    'task_api_replica_lag_seconds',
    'How old the data of a replica is at most',
    'replica',
    ofEach((replica) => (replica.isUp ? replicas.lagMs(replica) / 1000 : Number.NaN)),
    'max',
  );
  metrics.addLabelledGauge(
    'task_api_replica_in_use',
    '1 while lists are read from a replica, otherwise 0',
    'replica',
    ofEach((replica) => (replicas.isInUse(replica) ? 1 : 0)),
    'min',
  );
  metrics.addLabelledCounter(
    'task_api_list_reads_total',
    'Reads of lists, streams, histories and events, by server',
    'server',
    () => [...replicas.reads],
  );
}
