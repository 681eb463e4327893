import { isDeepStrictEqual } from 'node:util';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { Client } from './client.ts';
import { Ledger } from './ledger.ts';
import { loadUntilKilled } from './load.ts';
import { seededRandom } from './random.ts';
import { readCopy } from './read-copy.ts';
import { findViolations } from './violations.ts';

/** When the server is killed: so many milliseconds after its first response. */
const EARLIEST_KILL = 50;
const LATEST_KILL = 400;

/** How many users a restarted server is asked for: half of them the latest, half any. */
const SAMPLE = 64;

export interface KillOptions {
  /** The database's file, which does not exist yet; its folder does. */
  databaseFile: string;
  rounds: number;
  /** The program and its first arguments: by default, the source. */
  program?: string[];
  /** Decides when the kills come and which users are sent again. */
  seed: number;
  onRound?: (progress: KillResult) => void;
}

export interface KillResult {
  /** How many rounds were finished. */
  rounds: number;
  /** How many users were acknowledged. */
  acknowledged: number;
  /** How many users are in the file of whom the kill came before the response. */
  unacknowledged: number;
  /** How many requests that sent a user again were rightly rejected. */
  rejected: number;
  /** A sentence each. The first round with any is the last. */
  violations: string[];
}

/**
 * Starts the server, creates users over 64 connections, kills it in the middle of that, and holds what it left in its
 * file against everything that it had acknowledged since the first round; then the same again with the same file.
 */
export async function runKillRounds(options: KillOptions): Promise<KillResult> {
  const { rounds, onRound } = options;
  const ledger = new Ledger();
  const result: KillResult = { rounds: 0, acknowledged: 0, unacknowledged: 0, rejected: 0, violations: [] };
  try {
    while (result.rounds < rounds && result.violations.length === 0) {
      await runRound(options, ledger, result);
      onRound?.(result);
    }
    if (result.violations.length === 0) await stopRegularly(options, ledger, result);
  } catch (error) {
    // Not to come back, and not to response, is the worst that a restarted server can do.
    result.violations.push(`after round ${result.rounds}: ${(error as Error).message}`);
  }
  return result;
}

async function runRound(options: KillOptions, ledger: Ledger, result: KillResult): Promise<void> {
  const { databaseFile, seed } = options;
  const round = result.rounds + 1;
  // One generator a round, so that a seed kills at the same times however many requests there were.
  const random = seededRandom(seed + round);
  const killAfter = EARLIEST_KILL + Math.floor(random() * (LATEST_KILL - EARLIEST_KILL + 1));
  await withServer(options, async (server) => {
    result.violations.push(...(await readBack(server, ledger, random)));
    const load = await loadUntilKilled({ server, ledger, round, killAfter, random });
    result.violations.push(...load.violations);
    result.rejected += load.rejected;
  });
  checkFile(databaseFile, ledger, result);
  result.rounds = round;
}

/** The last kill is recovered from too, and what a regular stop leaves behind is as good. */
async function stopRegularly(options: KillOptions, ledger: Ledger, result: KillResult): Promise<void> {
  const { databaseFile, seed } = options;
  await withServer(options, async (server) => {
    result.violations.push(...(await readBack(server, ledger, seededRandom(seed))));
    const code = await server.stop();
    if (code !== 0) result.violations.push(`the server exited with ${code} after SIGTERM`);
  });
  checkFile(databaseFile, ledger, result);
}

async function withServer(
  { databaseFile, program }: KillOptions,
  use: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  // The plan of the development token has no limits here.
  const plans = ['--plans', 'development=999999999999/999999999999'];
  const server = await startServer({
    databaseFile,
    args: ['--host', '127.0.0.1', ...plans],
    ...(program && { program }),
  });
  try {
    await use(server);
  } finally {
    await server.stop('SIGKILL');
  }
}

/** Asks a restarted server for some of the users who were acknowledged before. */
async function readBack(server: ServerProcess, ledger: Ledger, random: () => number): Promise<string[]> {
  const { acknowledged } = ledger;
  const sample = acknowledged.slice(-SAMPLE / 2);
  for (let i = 0; i < SAMPLE / 2 && acknowledged.length > 0; i++) {
    sample.push(...acknowledged.slice(Math.floor(random() * acknowledged.length)).slice(0, 1));
  }
  const client = new Client(server.url, SAMPLE);
  const violations = await Promise.all(
    sample.map(async ({ user }) => {
      const response = await client.getUser(user.userId);
      if (isDeepStrictEqual(response, { status: 200, body: user })) return [];
      return [`after a restart ${JSON.stringify(user)} gets ${JSON.stringify(response)}`];
    }),
  );
  client.close();
  return violations.flat();
}

function checkFile(databaseFile: string, ledger: Ledger, result: KillResult): void {
  const { integrity, users } = readCopy(databaseFile);
  if (integrity !== 'ok') result.violations.push(`integrity_check: ${integrity}`);
  result.violations.push(...findViolations(ledger, users));
  const acknowledged = new Set(ledger.acknowledged.map(({ user }) => user.userId));
  result.acknowledged = ledger.acknowledged.length;
  result.unacknowledged = users.filter(({ userId }) => !acknowledged.has(userId)).length;
}
