import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { runCli } from '../support/cli.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { Client } from './client.ts';
import { Ledger } from './ledger.ts';
import type { SeenUser } from './nth-user.ts';

const CONNECTIONS = 64;

/** The number of users in one request that fills the database. */
const BATCH_LENGTH = 1_000;

export interface BackupRoundsOptions {
  /** An empty folder. */
  folder: string;
  rounds: number;
  /** How many users there are before the first round, in thousands. */
  thousands: number;
  /** How long the load is measured without a backup, in each round: at least as long as the backup before took. */
  quietMs: number;
  onRound?: (result: BackupRoundsResult) => void;
}

export interface BackupRoundsResult {
  rounds: number;
  /** How many users were created one by one and acknowledged. */
  acknowledged: number;
  /** The durations of creations in milliseconds, while no backup ran and while one did, over all rounds. */
  quiet: number[];
  during: number[];
  /** How long each backup took, in milliseconds. */
  backups: number[];
  /** A sentence each. The first round with any is the last. */
  violations: string[];
}

/**
 * Creates users over 64 connections, backs the database up meanwhile, restores the backup, and checks that every user
 * who was acknowledged before the backup began is there and that `verify` finds nothing; then the same again.
 */
export async function runBackupRounds(options: BackupRoundsOptions): Promise<BackupRoundsResult> {
  const { folder, rounds, thousands, onRound } = options;
  const databaseFile = join(folder, 'backup.db');
  const result: BackupRoundsResult = {
    ...{ rounds: 0, acknowledged: 0, quiet: [], during: [], backups: [], violations: [] },
  };
  // The plan of the development token has no limits here.
  const plans = ['--plans', 'development=999999999999/999999999999'];
  const server = await startServer({ databaseFile, args: ['--host', '127.0.0.1', ...plans] });
  try {
    await fill(server, thousands);
    const ledger = new Ledger();
    while (result.rounds < rounds && result.violations.length === 0) {
      await runRound(server, databaseFile, ledger, options, result);
      result.rounds++;
      result.acknowledged = ledger.acknowledged.length;
      onRound?.(result);
    }
    const { code: found, stderr } = await runCli(['verify', '--database-url', `file:${databaseFile}`]);
    if (found !== 0) result.violations.push(`verify while the server runs: ${stderr}`);
    const code = await server.stop();
    if (code !== 0) result.violations.push(`the server exited with ${code} after SIGTERM`);
  } catch (error) {
    result.violations.push(`after round ${result.rounds}: ${(error as Error).message}`);
  } finally {
    await server.stop('SIGKILL');
  }
  return result;
}

async function fill({ url }: ServerProcess, thousands: number): Promise<void> {
  for (let batch = 0; batch < thousands; batch++) {
    const users = Array.from({ length: BATCH_LENGTH }, (_, i) => {
      return { firstName: 'Filled', lastName: 'User', contactEmail: `filled${batch * BATCH_LENGTH + i}@example.com` };
    });
    const response = await fetch(`${url}/users/batch`, {
      method: 'POST',
      headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
      body: JSON.stringify({ users }),
    });
    if (!response.ok) throw new Error(`a batch got ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}

async function runRound(
  server: ServerProcess,
  databaseFile: string,
  ledger: Ledger,
  { folder, quietMs }: BackupRoundsOptions,
  result: BackupRoundsResult,
): Promise<void> {
  const backup = join(folder, `round.db${['.zst', '.gz', ''][result.rounds % 3]}`);
  const restored = join(folder, 'restored.db');
  const load = startLoad(server.url, ledger, result.violations);
  try {
    load.durations = result.quiet;
    await wait(Math.max(quietMs, result.backups.at(-1) ?? 0));
    load.durations = result.during;
    const before = ledger.acknowledged.length;
    const startedAt = performance.now();
    const made = await runCli(['backup', backup, '--database-url', `file:${databaseFile}`]);
    result.backups.push(performance.now() - startedAt);
    load.durations = undefined;
    await load.stop();
    if (made.code !== 0) throw new Error(`backup: ${made.stderr}`);
    for (const command of [['restore', backup], ['verify']]) {
      const { code, stderr } = await runCli([...command, '--database-url', `file:${restored}`]);
      if (code !== 0) result.violations.push(`${command[0]}: ${stderr.trim().split('\n').slice(-3).join('; ')}`);
    }
    const ids = readUserIds(restored);
    const missing = ledger.acknowledged.slice(0, before).filter(({ user }) => !ids.has(user.userId));
    if (missing.length > 0) {
      result.violations.push(
        `${missing.length} users acknowledged before the backup are missing, the first is ${missing[0]?.user.userId}`,
      );
    }
  } finally {
    await load.stop();
    for (const file of [backup, restored]) rmSync(file, { force: true });
  }
}

/** Creates users until it is stopped. */
function startLoad(url: string, ledger: Ledger, violations: string[]) {
  const client = new Client(url, CONNECTIONS);
  let running = true;
  const load = {
    /** Receives the duration of each creation. */
    durations: undefined as number[] | undefined,
    async stop() {
      running = false;
      await connections;
      client.close();
    },
  };
  const keepSending = async () => {
    while (running) {
      const { durations } = load;
      const startedAt = performance.now();
      const { status, body } = await client.createUser(ledger.nextUser());
      // One that a change of the phase has met belongs to neither.
      if (durations !== undefined && durations === load.durations) durations.push(performance.now() - startedAt);
      if (status === 201) ledger.acknowledged.push({ round: 1, user: body as SeenUser });
      else violations.push(`a creation got ${status}: ${JSON.stringify(body)}`);
    }
  };
  const connections = Promise.all(Array.from({ length: CONNECTIONS }, keepSending)).catch((error: Error) => {
    violations.push(`no response: ${error.message}`);
  });
  return load;
}

function readUserIds(file: string): Set<number> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return new Set(
      db
        .prepare('SELECT user_id FROM users')
        .all()
        .map(({ user_id: id }) => id as number),
    );
  } finally {
    db.close();
  }
}

/** The duration that a share of the durations do not exceed. */
export function percentile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
