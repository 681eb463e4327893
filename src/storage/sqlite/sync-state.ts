/** The numbers that the main thread and the sync thread share, as positions in an array of 32-bit integers. */
export const SYNC_STATE = {
  /** The number of the sync that was requested last, 0 or 1 in turns, or {@link END}. */
  requested: 0,
  /** The number of the sync that ended last. */
  ended: 1,
  /** The system's error number of that sync, or 0. */
  errno: 2,
  /** How long it took, in microseconds. */
  microseconds: 3,
} as const;

/** Requests the end of the thread. */
export const END = -1;

/** The `workerData` of the sync thread. */
export interface SyncThreadData {
  /** The descriptor to sync. All threads of a process share descriptors. */
  fd: number;
  /** {@link SYNC_STATE} */
  state: SharedArrayBuffer;
}
