/** How long a process may run a backup without renewing its claim, in milliseconds. */
export const BACKUP_LEASE_MS = 5 * 60_000;

/** The schedule of backups. All processes of the database share it, so that one of them makes each backup. */
export interface BackupRepository {
  /**
   * Claims the next backup for {@link BACKUP_LEASE_MS}, if it is due: the last one began `everyMs` ago or more, and no process
   * has claimed it. False otherwise.
   */
  claim(everyMs: number): Promise<boolean>;
  /** Keeps other processes from claiming a backup for so many milliseconds from now; 0 releases the claim. */
  hold(ms: number): Promise<void>;
  /** Records a complete backup, and ends the claim. Returns how many attempts had failed since the one before. */
  recordSuccess(beganAt: number): Promise<number>;
  /** Records a failed attempt, which no process repeats for `retryMs`. Returns how many failed since the last complete backup. */
  recordFailure(retryMs: number): Promise<number>;
}
