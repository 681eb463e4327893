import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { Client } from './client.ts';
import { createDisk, type Disk } from './disk.ts';
import type { KillOptions, KillResult } from './kill-rounds.ts';
import { Ledger } from './ledger.ts';
import { loadUntilKilled } from './load.ts';
import type { SeenUser } from './nth-user.ts';
import { seededRandom } from './random.ts';
import { readCopy } from './read-copy.ts';
import { findViolations } from './violations.ts';

/** The power fails so many milliseconds after the first response. */
const EARLIEST = 20;
const LATEST = 250;

/** How long a sync takes longer than here, in microseconds: from nothing to a slow disk. */
const SYNC_DELAYS = [0, 300, 1_000, 5_000];
const SLOWEST_SYNC = 30_000;

/** The share of the blocks that were not synced and are left. */
const SHARES_LEFT = [0, 0.5, 0.95, 1];

/** A disk writes this much at once, or nothing of it. */
const BLOCK_BYTES = 4_096;

export interface PowerOptions extends Omit<KillOptions, 'databaseFile'> {
  /** An empty folder. */
  folder: string;
  /** Whether syncs are always slow, and nothing is left that was not synced. */
  worst?: boolean;
  /** More variables for the server. */
  env?: Record<string, string>;
}

/**
 * Creates and reads users on a server, and cuts the power in the middle of that: of what was written after the last sync of
 * a file, nothing, some blocks or everything is on the disk. Then checks that everyone who was acknowledged or shown is
 * there; then the same again with the same file.
 */
export async function runPowerRounds(options: PowerOptions): Promise<KillResult> {
  const { folder, rounds, onRound } = options;
  const databaseFile = join(folder, 'power.db');
  const ledger = new Ledger();
  const seen = new Map<number, SeenUser>();
  const disk = createDisk(folder);
  const result: KillResult = { rounds: 0, acknowledged: 0, unacknowledged: 0, rejected: 0, violations: [] };
  try {
    while (result.rounds < rounds && result.violations.length === 0) {
      await runRound({ databaseFile, disk, ledger, seen, result }, options);
      onRound?.(result);
    }
  } catch (error) {
    // A server that does not start again is a violation, too.
    result.violations.push(`after round ${result.rounds}: ${(error as Error).message}`);
  }
  return result;
}

interface Rounds {
  databaseFile: string;
  disk: Disk;
  ledger: Ledger;
  /** Everyone who was ever shown. */
  seen: Map<number, SeenUser>;
  result: KillResult;
}

async function runRound(
  { databaseFile, disk, ledger, seen, result }: Rounds,
  { seed, worst = false, env = {} }: PowerOptions,
): Promise<void> {
  const round = result.rounds + 1;
  const random = seededRandom(seed + round);
  disk.behave(`delay ${worst ? SLOWEST_SYNC : pick(SYNC_DELAYS, random)}`);
  const server = await startServer({
    databaseFile,
    args: ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'],
    wrap: [...disk.wrap, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
  });
  const killAfter = EARLIEST + Math.floor(random() * (LATEST - EARLIEST));
  const reading = readUntilKilled(server, seen);
  const load = await loadUntilKilled({ server, ledger, round, killAfter, random });
  await reading;
  result.violations.push(...load.violations);
  result.rejected += load.rejected;
  for (const file of [databaseFile, `${databaseFile}-wal`]) {
    cutPower(file, disk, { share: worst ? 0 : pick(SHARES_LEFT, random), random });
  }
  rmSync(`${databaseFile}-shm`, { force: true });

  const { integrity, users } = readCopy(databaseFile);
  if (integrity !== 'ok') result.violations.push(`integrity_check: ${integrity}`);
  result.violations.push(...findViolations(ledger, users), ...findMissing(seen, users));
  const acknowledged = new Set(ledger.acknowledged.map(({ user }) => user.userId));
  result.acknowledged = ledger.acknowledged.length;
  result.unacknowledged = users.filter(({ userId }) => !acknowledged.has(userId)).length;
  result.rounds = round;
}

/** Reads the newest users, who may not be acknowledged yet. */
async function readUntilKilled(server: ServerProcess, seen: Map<number, SeenUser>): Promise<void> {
  const client = new Client(server.url, 1);
  try {
    while (server.process.exitCode === null && server.process.signalCode === null) {
      const { body } = await client.get('/users?_sort=-userId&_perPage=100');
      for (const user of (body as { users: SeenUser[] }).users) seen.set(user.userId, user);
    }
  } catch {
    // The server was killed.
  } finally {
    client.close();
  }
}

/** Leaves of a file what a power failure could. */
function cutPower(file: string, { copies }: Disk, { share, random }: { share: number; random: () => number }): void {
  const copy = join(copies, basename(file));
  if (!existsSync(file)) return;
  const written = readFileSync(file);
  const synced = existsSync(copy) ? readFileSync(copy) : Buffer.alloc(0);
  const blocks: Buffer[] = [];
  for (let start = 0; start < Math.max(written.length, synced.length); start += BLOCK_BYTES) {
    const [before, after] = [synced, written].map((content) => content.subarray(start, start + BLOCK_BYTES));
    // A block that was written and not synced, beyond the end of the file, is a hole.
    blocks.push((random() < share ? after : before) as Buffer);
    if (blocks.at(-1)?.length === 0 && share > 0 && start < written.length) blocks.push(Buffer.alloc(BLOCK_BYTES));
  }
  const left = Buffer.concat(blocks);
  writeFileSync(file, left);
  writeFileSync(copy, left);
}

function findMissing(seen: ReadonlyMap<number, SeenUser>, stored: readonly SeenUser[]): string[] {
  const byId = new Map(stored.map((user) => [user.userId, user]));
  return [...seen.values()]
    .filter((user) => !isDeepStrictEqual(byId.get(user.userId), user))
    .map((user) => `shown, but not there afterwards: ${JSON.stringify(user)}`);
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}
