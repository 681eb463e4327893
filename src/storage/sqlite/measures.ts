import type { Series } from '../../metrics/histogram.ts';
import type { Metrics } from '../../metrics/metrics.ts';

/** In seconds. */
const DISK_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** In writes. */
const GROUP_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What is measured of the writes to the file. */
export interface Measures {
  /** The number of writes in a group commit. */
  groupSize: Series;
  /** How long the oldest write of a group waited until the group started, in seconds. */
  groupWait: Series;
  /** The duration of a sync, in seconds. */
  sync: Series;
  /** The duration of a checkpoint, in seconds. */
  checkpoint: Series;
}

export function addMeasures(metrics: Metrics): Measures {
  return {
    groupSize: metrics.addHistogram('task_api_commit_writes', 'Writes in one commit', GROUP_BOUNDS),
    groupWait: metrics.addHistogram(
      'task_api_commit_wait_seconds',
      'Wait of the oldest write of a commit',
      DISK_BOUNDS,
    ),
    sync: metrics.addHistogram('task_api_sync_duration_seconds', 'Duration of a sync of the WAL', DISK_BOUNDS),
    checkpoint: metrics.addHistogram('task_api_checkpoint_duration_seconds', 'Duration of a checkpoint', DISK_BOUNDS),
  };
}
