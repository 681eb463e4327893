import type { Span } from '../../tracing/tracing.ts';

export interface WriteQueueSettings {
  /** The maximum number of writes that wait. One more is rejected with StoreBusy. */
  maxWaiting: number;
  /** The maximum number of writes in one transaction, which limits how long the event loop is blocked. */
  maxGroup: number;
  /** How long to wait for the lock of another process before the waiting writes are rejected, in milliseconds. */
  lockTimeoutMs: number;
  /** How long a write may wait for a slow disk before it is rejected, in milliseconds. */
  timeoutMs: number;
}

export interface QueuedWrite {
  /** When it was queued (`performance.now()`). */
  since: number;
  span: Span | undefined;
}

export interface WriteQueueOptions extends WriteQueueSettings {
  /**
   * Syncs what was committed. Returns undefined if that is done already, or a promise. If it fails, it must also fail from
   * then on.
   */
  sync: () => Promise<void> | undefined;
  /** Called before every group. If it throws, the waiting writes are rejected. Returns whether to sync before the group. */
  beforeGroup?: () => boolean;
  /** Called in the transaction of a group, before its first write. Returns whether to sync, and begin again, before. */
  afterBegin?: () => boolean;
  /** Called after the sync. If it throws, the writes of the group are rejected, although they may be stored. */
  afterSync?: () => void;
  /** Called after every group, when the outcomes of its writes are known and before anyone learns them. */
  afterGroup?: () => void;
  /** Called when a write is queued: returns its span, if it is recorded. */
  currentSpan?: (() => Span | undefined) | undefined;
  /** Called with every group before its first write. */
  onGroup?: ((group: readonly QueuedWrite[]) => void) | undefined;
}
