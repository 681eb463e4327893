import { BACKUP_LEASE_MS, type BackupRepository } from '../../domain/backups.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Session } from './session.ts';

export class SqliteBackupRepository implements BackupRepository {
  readonly #session: Session;
  readonly #clock: () => number;
  readonly #claim: RowStatement;
  readonly #hold: RowStatement;
  readonly #selectFailures: RowStatement;
  readonly #recordSuccess: RowStatement;
  readonly #recordFailure: RowStatement;

  constructor(session: Session) {
    const { db, clock } = session.connections.writing;
    this.#session = session;
    this.#clock = clock;
    this.#claim = prepare(
      db,
      `INSERT INTO backup_schedule (schedule_id, since, claimed_until) VALUES (1, ?1, ?2)
       ON CONFLICT (schedule_id) DO UPDATE SET claimed_until = excluded.claimed_until
       WHERE backup_schedule.claimed_until <= ?1 AND coalesce(backup_schedule.succeeded_at <= ?1 - ?3, TRUE)`,
    );
    this.#hold = prepare(db, 'UPDATE backup_schedule SET claimed_until = ?');
    this.#selectFailures = prepare(db, 'SELECT failures FROM backup_schedule');
    this.#recordSuccess = prepare(db, 'UPDATE backup_schedule SET succeeded_at = ?, claimed_until = 0, failures = 0');
    this.#recordFailure = prepare(db, 'UPDATE backup_schedule SET claimed_until = ?, failures = failures + 1');
  }

  claim(everyMs: number): Promise<boolean> {
    const now = this.#clock();
    return this.#session.write(() => this.#claim.run(now, now + BACKUP_LEASE_MS, everyMs).changes > 0);
  }

  async hold(ms: number): Promise<void> {
    await this.#session.write(() => this.#hold.run(this.#clock() + ms));
  }

  recordSuccess(beganAt: number): Promise<number> {
    return this.#session.write(() => {
      const failures = this.#failures();
      this.#recordSuccess.run(beganAt);
      return failures;
    });
  }

  recordFailure(retryMs: number): Promise<number> {
    return this.#session.write(() => {
      this.#recordFailure.run(this.#clock() + retryMs);
      return this.#failures();
    });
  }

  #failures(): number {
    return (this.#selectFailures.get()?.[0] ?? 0) as number;
  }
}
