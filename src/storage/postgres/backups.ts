import { BACKUP_LEASE_MS, type BackupRepository } from '../../domain/backups.ts';
import type { Database } from './database.ts';

export class PostgresBackupRepository implements BackupRepository {
  readonly #db: Database;
  readonly #clock: () => number;

  constructor(db: Database, { clock }: { clock: () => number }) {
    this.#db = db;
    this.#clock = clock;
  }

  async claim(everyMs: number): Promise<boolean> {
    const now = this.#clock();
    const rows = await this.#db.query({
      name: 'claim_backup',
      text: `INSERT INTO backup_schedule (schedule_id, since, claimed_until) VALUES (1, $1, $2)
             ON CONFLICT (schedule_id) DO UPDATE SET claimed_until = excluded.claimed_until
             WHERE backup_schedule.claimed_until <= $1 AND coalesce(backup_schedule.succeeded_at <= $3, TRUE)
             RETURNING 1`,
      values: [now, now + BACKUP_LEASE_MS, now - everyMs],
    });
    return rows.length > 0;
  }

  async hold(ms: number): Promise<void> {
    const text = 'UPDATE backup_schedule SET claimed_until = $1';
    await this.#db.query({ name: 'hold_backup', text, values: [this.#clock() + ms] });
  }

  async recordSuccess(beganAt: number): Promise<number> {
    const [row] = await this.#db.query({
      name: 'record_backup',
      text: `UPDATE backup_schedule SET succeeded_at = $1, claimed_until = 0, failures = 0
             FROM (SELECT failures FROM backup_schedule FOR UPDATE) AS before RETURNING before.failures`,
      values: [beganAt],
    });
    return (row?.[0] ?? 0) as number;
  }

  async recordFailure(retryMs: number): Promise<number> {
    const [row] = await this.#db.query({
      name: 'record_failed_backup',
      text: 'UPDATE backup_schedule SET claimed_until = $1, failures = failures + 1 RETURNING failures',
      values: [this.#clock() + retryMs],
    });
    return (row?.[0] ?? 0) as number;
  }
}
