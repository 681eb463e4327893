import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../durability/random.ts';
import { findViolations } from './checker.ts';
import { FAILURE_KINDS, type FailureKind } from './failures.ts';
import type { Violation } from './history.ts';
import { Load } from './load.ts';
import { PLANTED_KINDS, plantAll } from './plants.ts';
import { type Result, summarize } from './report.ts';
import { writeResults } from './results.ts';
import { isInside, missingPrograms, runInside, whyNotPermitted } from './sandbox.ts';
import { type Injected, injectFailures } from './schedule.ts';
import { drawTimeline } from './timeline.ts';
import { keepLogs, startTopology } from './topology.ts';

/** How many violations are shown. */
const MAX_SHOWN = 30;

// `npm run chaos`: machines fail one after the other under load, and what the clients saw is checked. Exits with 1 if a
// promise was broken. With `--plant`, no machine fails. Instead, its database is changed so that promises are broken, and
// it exits with 1 if one of these is not found.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    picture: { type: 'string' },
    write: { type: 'boolean', default: false },
    plant: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const minutes = positive('minutes', values.minutes);
const seed = positive('seed', values.seed);
const kinds = chosenKinds(values.only);

if (isInside()) {
  const folder = process.env.CHAOS_FOLDER as string;
  const isOk = await run(folder).catch((error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    return false;
  });
  if (!isOk) keepLogs(folder);
  process.exit(isOk ? 0 : 1);
}
const missing = missingPrograms();
const reason = missing.length > 0 ? `not installed: ${missing.join(', ')}` : whyNotPermitted();
if (reason !== undefined) {
  process.stderr.write(`CHAOS WAS NOT RUN: ${reason}\n`);
  // CI installs the programs, but cannot permit what its machine does not.
  process.exit(process.env.CI && missing.length > 0 ? 1 : 0);
}
const folder = mkdtempSync(join(tmpdir(), 'task-api-chaos-'));
chmodSync(folder, 0o755);
process.env.CHAOS_FOLDER = folder;
const options = [
  ...(values.picture === undefined ? [] : ['--picture', values.picture]),
  ...(values.plant ? ['--plant'] : []),
  ...(values.write ? ['--write'] : []),
  ...values.only.flatMap((name) => ['--only', name]),
];
const code = await runInside(['--minutes', String(minutes), '--seed', String(seed), ...options]);
if (code === 0) rmSync(folder, { recursive: true, force: true });
else
  process.stderr.write(`logs and history are kept in ${folder}; to inject the same failures again: --seed ${seed}\n`);
process.exit(code);

/** Runs inside. Resolves with whether all promises were kept; with `--plant`, whether all broken ones were found. */
async function run(folder: string): Promise<boolean> {
  process.stderr.write(`seed ${seed}, ${minutes} minutes; the machines start\n`);
  const topology = await startTopology(folder);
  const started = performance.now();
  const now = () => Math.round(performance.now() - started);
  const load = await Load.start(topology, seed, now);
  const injected: Injected[] = [];
  const onEnd = (one: Injected) => {
    injected.push(one);
    process.stderr.write(
      `${seconds(one.from)} ${one.name}: ${one.target}; ended after ${seconds(one.until - one.from)}, recovered after ${seconds(one.recovered - one.until)}\n`,
    );
  };
  const untilMs = minutes * 60_000;
  const violations: Violation[] = [];
  if (values.plant) {
    await sleep(untilMs / 2);
    await plantAll(topology.postgres);
  } else {
    const random = seededRandom(seed);
    await injectFailures(topology, random, { kinds, now, untilMs, onEnd }).catch((error: Error) => {
      violations.push({ kind: 'no recovery', text: error.message, at: now() });
    });
  }
  await sleep(Math.max(0, untilMs - now()));
  const durationMs = now();
  const history = await load.stop();
  violations.push(...findViolations(history));
  const result = { seed, durationMs, injected, history, violations };
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  if (values.picture !== undefined) writeFileSync(values.picture, drawTimeline(result));
  if (values.write && !values.plant) writeResults(result);
  return values.plant ? reportPlanted(violations) : report(result);
}

function report(result: Result): boolean {
  const { violations } = result;
  for (const { kind, text, at } of violations.slice(0, MAX_SHOWN)) {
    process.stderr.write(`violation: ${kind}: ${text}${at === undefined ? '' : `, at ${seconds(at)}`}\n`);
  }
  process.stdout.write(`${[violations.length === 0 ? 'ok' : 'FAILED', ...summarize(result)].join('\n  ')}\n`);
  return violations.length === 0;
}

function reportPlanted(violations: readonly Violation[]): boolean {
  const missed = PLANTED_KINDS.filter((planted) => !violations.some(({ kind }) => kind === planted));
  const found = PLANTED_KINDS.length - missed.length;
  process.stdout.write(`found ${found} of ${PLANTED_KINDS.length} planted violations\n`);
  for (const kind of missed) process.stdout.write(`not found: ${kind}\n`);
  return missed.length === 0;
}

/** The kinds of failures with these names, by default all. */
function chosenKinds(names: readonly string[]): readonly FailureKind[] {
  const known = FAILURE_KINDS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`--only must be one of ${known.join(', ')}; it is ${JSON.stringify(unknown)}\n`);
    process.exit(2);
  }
  return names.length === 0 ? FAILURE_KINDS : FAILURE_KINDS.filter(({ name }) => names.includes(name));
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function positive(name: string, text: string): number {
  if (/^\d{1,10}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  process.stderr.write(`--${name} must be a number above 0, it is ${JSON.stringify(text)}\n`);
  process.exit(2);
}
