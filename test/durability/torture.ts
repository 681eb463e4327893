import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { percentile, runBackupRounds } from './backup-rounds.ts';
import { startPair } from './failover-cluster.ts';
import { describeFailovers, writeFailovers } from './failover-report.ts';
import { type FailoverResult, runFailoverRounds } from './failover-rounds.ts';
import { runKillRounds } from './kill-rounds.ts';
import { startPatroni } from './patroni-cluster.ts';
import { runPowerRounds } from './power-rounds.ts';
import { showProgress } from './progress.ts';

/** How many violations are shown; a lost log can mean thousands. */
const MAX_SHOWN = 20;

/** How much longer 99 % of creations may take during a backup. */
const MAX_RATIO = 2;

/** How soon 95 % of processes must write after a promotion. */
const MAX_GAP_MS = 5_000;

// `npm run torture`: what kill.test.ts does, for longer; with `--power`, what power.test.ts does; with `--backup`, what
// backup.test.ts does, and compares durations; with `--failover`, what failover.test.ts does, under load. Exits with 1 when
// a promise was broken.
const { values } = parseArgs({
  options: {
    power: { type: 'boolean', default: false },
    backup: { type: 'boolean', default: false },
    failover: { type: 'boolean', default: false },
    patroni: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const rounds = wholeNumber('rounds', values.rounds, 1);
const seed = wholeNumber('seed', values.seed, 0);
process.stderr.write(`${rounds} rounds, seed ${seed}\n`);

const folder = mkdtempSync(join(tmpdir(), 'task-api-torture-'));
let keep = false;
process.on('exit', () => {
  if (!keep) rmSync(folder, { recursive: true, force: true });
});
// On a terminal the server gets the signal too.
process.once('SIGINT', () => process.exit(130));

if (values.backup) {
  await tortureBackups();
  process.exit();
}

if (values.failover) {
  await tortureFailovers();
  process.exit();
}

const started = performance.now();
const onRound = showProgress(process.stderr, rounds);
const result = values.power
  ? await runPowerRounds({ folder, rounds, seed, onRound })
  : await runKillRounds({ databaseFile: join(folder, 'torture.db'), rounds, seed, onRound });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const { violations, acknowledged, unacknowledged, rejected } = result;

for (const violation of violations.slice(0, MAX_SHOWN)) process.stderr.write(`violation: ${violation}\n`);
if (violations.length > 0) {
  keep = true;
  process.exitCode = 1;
  process.stderr.write(`the database is kept in ${folder}; to kill at the same times again: --seed ${seed}\n`);
}
process.stdout.write(
  `${violations.length === 0 ? 'ok' : 'FAILED'}: ${result.rounds} of ${rounds} rounds in ${seconds} s, seed ${seed}: ` +
    `${acknowledged} users acknowledged, ${unacknowledged} kept without a response, ` +
    `${rejected} sent again and rejected, ${violations.length} violations\n`,
);

function wholeNumber(name: string, text: string, least: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) >= least) return Number(text);
  process.stderr.write(`--${name} must be a whole number from ${least} up, it is ${JSON.stringify(text)}\n`);
  process.exit(2);
}

async function tortureBackups(): Promise<void> {
  const { violations, quiet, during, backups, ...counts } = await runBackupRounds({
    ...{ folder, rounds, thousands: 30, quietMs: 4_000 },
    onRound: (done) =>
      process.stderr.write(
        `${done.rounds}/${rounds} rounds, ${done.acknowledged} users acknowledged, 99 % within ` +
          `${percentile(done.quiet, 0.99).toFixed(1)} ms, during backups ${percentile(done.during, 0.99).toFixed(1)} ms\n`,
      ),
  });
  const [p99, p99During] = [percentile(quiet, 0.99), percentile(during, 0.99)];
  const ratio = p99During / p99;
  if (!(ratio <= MAX_RATIO)) violations.push(`creations took ${ratio.toFixed(2)} times as long during a backup`);
  for (const violation of violations.slice(0, MAX_SHOWN)) process.stderr.write(`violation: ${violation}\n`);
  if (violations.length > 0) process.exitCode = 1;
  process.stdout.write(
    `${violations.length === 0 ? 'ok' : 'FAILED'}: ${counts.rounds} of ${rounds} backups, ${counts.acknowledged} users acknowledged, ` +
      `${percentile(backups, 0.5).toFixed(0)} ms a backup; 99 % of creations within ${p99.toFixed(1)} ms, during backups ` +
      `within ${p99During.toFixed(1)} ms (${ratio.toFixed(2)} times), half within ${percentile(quiet, 0.5).toFixed(1)} and ` +
      `${percentile(during, 0.5).toFixed(1)} ms\n`,
  );
}

async function tortureFailovers(): Promise<void> {
  const cluster = values.patroni ? await startPatroni() : await startPair();
  try {
    const onRound = (done: FailoverResult, failure: string) => {
      const [gap, outage] = [done.gapsMs.at(-1), done.outagesMs.at(-1)].map((ms = 0) => (ms / 1000).toFixed(1));
      const times = `a process writes ${gap} s after the promotion, after ${outage} s without a write`;
      process.stderr.write(`${done.rounds}/${rounds} ${failure}: ${done.acknowledged} tasks acknowledged, ${times}\n`);
    };
    const result = await runFailoverRounds({ cluster, rounds, seed, onRound });
    const { violations } = result;
    if (percentile(result.gapsMs, 0.95) > MAX_GAP_MS) violations.push('the service took too long after a promotion');
    for (const violation of violations.slice(0, MAX_SHOWN)) process.stderr.write(`violation: ${violation}\n`);
    if (violations.length > 0) process.exitCode = 1;
    const text = describeFailovers(result).map(([what, value]) => `${what}: ${value}`);
    process.stdout.write(`${violations.length === 0 ? 'ok' : 'FAILED'}: seed ${seed}\n${text.join('\n')}\n`);
    if (values.write) writeFailovers(values.patroni ? 'Patroni' : 'By hand', cluster.conditions, result);
  } finally {
    await cluster.remove();
  }
}
