import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobResult } from '../../bench/generator/job.ts';
import type { Measures } from '../../bench/measure.ts';
import type { PeerName } from '../../bench/peers.ts';
import { formatReport } from '../../bench/report/report.ts';
import type { Run } from '../../bench/report/values.ts';
import { Results } from '../../bench/results.ts';
import type { PeerRound } from '../../bench/round.ts';

/** A measurement of one second. */
function result(responses: number, cpuMicros: number, megabytes: number): JobResult {
  return {
    responses,
    seconds: 1,
    serverCpu: (cpuMicros * responses) / 1e6,
    generatorCpu: 0.5,
    databaseCpu: 0,
    serverMemory: megabytes * 1e6,
    latency: { p50: 1, p99: 2 },
  };
}

/** A round in which every load of a server had the same result. */
function peerRound(load: JobResult, withWrk: boolean): PeerRound {
  const measures: Measures = {
    idleMemory: 100e6,
    workloads: { get: load, list: load, mix: load, create: load },
    extras: {
      atRate: { ...load, responses: 500 },
      withKey: load,
      beside: { creates: load, reads: load },
      ...(withWrk && { wrk: { get: load, create: load } }),
    },
  };
  const slow = { create: load, beside: { creates: load, reads: load } };
  return {
    startUp: 400,
    measures: { 1: measures, 64: measures, 512: measures },
    ...(withWrk && { slowDisk: { 1: slow, 64: slow, 512: slow } }),
  };
}

/** Rounds in which this service has these requests/s and the others 10,000. */
function runWith(peers: PeerName[], rates: number[], { complete }: { complete: boolean }): Run {
  const rounds = rates.map((rate) =>
    Object.fromEntries(
      peers.map((name) => [name, peerRound(result(name === 'ours' ? rate : 10_000, 20, 150), complete)]),
    ),
  );
  return {
    date: new Date('2026-11-28'),
    machine: ['a machine'],
    timing: { coldWarmup: 2000, warmup: 300, duration: 800, wrkDuration: 1000 },
    peers,
    wrk: complete ? '4.1.0' : undefined,
    slowDisk: complete,
    generatorLimit: result(100_000, 5, 50),
    rounds,
  };
}

const ALL: PeerName[] = ['ours', 'bare', 'express', 'json-server', 'pocketbase'];

test('a report shows medians with the least and the greatest, and ratios of each round', () => {
  const report = new Results('R.md', formatReport(runWith(ALL, [8_000, 6_000, 9_000], { complete: true })));
  const rates = report.section('Requests/s');
  assert.match(rates, /\| get, 64 connections \| 8,000 \(6,000 to 9,000\) \| 10,000 \(10,000 to 10,000\) \|/);
  const ratios = report.table('This service against the others');
  assert.equal(ratios.number('create, requests/s', 'PocketBase'), 0.8);
  assert.equal(report.table('Two load generators').number('get, PocketBase', 'wrk / own'), 1);
  assert.equal(report.table('Memory').number('64 connections', 'this service'), 150);
});

test('a report names the aims that were missed, and those only', () => {
  const held = new Results('R.md', formatReport(runWith(ALL, [8_000], { complete: true })));
  assert.equal(held.section('Aims that were missed').split('\n')[2], 'None.');
  const text = formatReport(runWith(ALL, [3_000], { complete: true }));
  const missed = new Results('R.md', text).section('Aims that were missed').trim().split('\n').slice(2);
  assert.deepEqual(missed, [
    '- `create` with 64 connections, requests/s of bare `node:http`: at least 0.50 × was the aim, 0.30 × was measured',
    '- `get` with 64 connections, requests/s of bare `node:http`: at least 0.55 × was the aim, 0.30 × was measured',
  ]);
});

test('a report says what could not be measured', () => {
  const peers = ALL.filter((name) => name !== 'pocketbase');
  const text = formatReport(runWith(peers, [8_000], { complete: false }));
  assert.match(text, /Not compared: `wrk` was not installed\./);
  assert.match(text, /Not measured: it needs Linux and a C compiler/);
  assert.match(text, /\*\*PocketBase\*\* was not measured/);
  assert.doesNotMatch(text, /undefined|NaN/);
});
