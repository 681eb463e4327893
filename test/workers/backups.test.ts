import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { BACKUP_LEASE_MS } from '../../src/domain/backups.ts';
import type { Store } from '../../src/domain/store.ts';
import { type BackupFailure, createBackupJob } from '../../src/workers/backups.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { newDatabase } from '../support/stores.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;

testOnBothDatabases('of several processes, one claims a backup, and the next when it is due', async (t) => {
  let now = 1_000_000;
  const database = await newDatabase(t, () => now);
  const [first, second] = [database.open().backups, database.open().backups];
  const claims = () => Promise.all([first.claim(HOUR_MS), second.claim(HOUR_MS), first.claim(HOUR_MS)]);
  const count = async () => (await claims()).filter(Boolean).length;
  assert.equal(await count(), 1);
  const beganAt = now;
  now += 60_000;
  assert.equal(await first.recordSuccess(beganAt), 0);
  assert.equal(await count(), 0);
  now = beganAt + HOUR_MS - 1;
  assert.equal(await count(), 0);
  now++;
  assert.equal(await count(), 1);
});

testOnBothDatabases('a claim ends with its lease, which can be renewed and released', async (t) => {
  let now = 1_000_000;
  const database = await newDatabase(t, () => now);
  const { backups } = database.open();
  assert.equal(await backups.claim(HOUR_MS), true);
  now += BACKUP_LEASE_MS - 1;
  assert.equal(await backups.claim(HOUR_MS), false);
  await backups.hold(BACKUP_LEASE_MS);
  now += BACKUP_LEASE_MS - 1;
  assert.equal(await backups.claim(HOUR_MS), false);
  now++;
  assert.equal(await backups.claim(HOUR_MS), true);
  await backups.hold(0);
  assert.equal(await backups.claim(HOUR_MS), true);
});

/** Runs the job until it has made one attempt. */
async function attempt(store: Store, clock: () => number, error?: Error) {
  const log: string[] = [];
  const counts: string[] = [];
  const reports: BackupFailure[] = [];
  const add = (_fields: object, message: string) => log.push(message);
  const logger = { info: add, warn: add, error: add } as never;
  const metrics = { backups: { inc: ({ result }: { result: string }) => counts.push(result) } } as never;
  const run = async () => {
    await setImmediate();
    if (error !== undefined) throw error;
    return 'done';
  };
  const report = async (failure: BackupFailure) => void reports.push(failure);
  const job = createBackupJob({ schedule: store.backups, everyMs: HOUR_MS, run, report, clock, logger, metrics });
  job.start();
  await waitFor(() => reports.length > 0 || log.includes('scheduled backup is complete'), { message: 'no attempt' });
  await job.stop();
  return { log, counts, reports };
}

testOnBothDatabases('of several failures of any process, the first and the recovery are logged', async (t) => {
  let now = 1_000_000;
  const clock = () => now;
  const database = await newDatabase(t, clock);
  const [first, second] = [database.open(), database.open()];
  const error = new Error('the disk is full');
  const failed = { counts: ['failed'] };
  assert.deepEqual(await attempt(first, clock, error), {
    ...failed,
    log: ['scheduled backup failed; will retry'],
    reports: [{ at: now, failures: 1, error }],
  });
  assert.equal(await second.backups.claim(HOUR_MS), false);
  now += 10 * 60_000;
  const again = await attempt(second, clock, error);
  assert.deepEqual(again, { ...failed, log: [], reports: [{ at: now, failures: 2, error }] });
  now += 10 * 60_000;
  const recovered = await attempt(first, clock);
  assert.deepEqual(recovered.log, ['scheduled backup recovered', 'scheduled backup is complete']);
  assert.deepEqual(recovered.counts, ['succeeded']);
  now += HOUR_MS;
  assert.deepEqual((await attempt(second, clock)).log, ['scheduled backup is complete']);
});

testOnBothDatabases('a process that stops during a backup aborts it and releases the claim', async (t) => {
  const now = 1_000_000;
  const database = await newDatabase(t, () => now);
  const store = database.open();
  const log: string[] = [];
  const add = (_fields: object, message: string) => log.push(message);
  const logger = { info: add, warn: add, error: add } as never;
  let running = false;
  const run = (signal: AbortSignal) =>
    new Promise<string>((_, reject) => {
      running = true;
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const job = createBackupJob({ schedule: store.backups, everyMs: HOUR_MS, run, clock: () => now, logger });
  job.start();
  await waitFor(() => running, { message: 'the backup does not start' });
  await job.stop();
  assert.deepEqual(log, []);
  assert.equal(await store.backups.claim(HOUR_MS), true);
});
