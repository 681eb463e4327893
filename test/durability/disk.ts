import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const SOURCE = join(import.meta.dirname, 'disk-shim.c');

/** What the disk does with every sync: `delay 2000` takes 2000 µs longer. `freeze unreadable` also fails reads. */
export type DiskBehavior = 'normal' | `delay ${number}` | 'fail' | 'freeze' | 'freeze unreadable';

export interface Disk {
  /** The program, and its arguments, to run a server with. */
  wrap: string[];
  /** Where each file is as it was last synced. */
  copies: string;
  behave: (behavior: DiskBehavior) => void;
}

/** Compiles disk-shim.c in a folder, where the copies of the files are too. */
export function createDisk(folder: string): Disk {
  const library = join(folder, 'disk-shim.so');
  const control = join(folder, 'disk-control');
  const copies = join(folder, 'disk-copies');
  mkdirSync(copies);
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`disk-shim.c cannot be compiled: ${stderr}`);
  const behave = (behavior: DiskBehavior) => {
    // At once: an empty file would end a freeze.
    writeFileSync(`${control}.new`, behavior);
    renameSync(`${control}.new`, control);
  };
  behave('normal');
  const env = { LD_PRELOAD: library, DISK_CONTROL: control, DISK_COPIES: copies };
  const wrap = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  return { wrap, copies, behave };
}

/** Skips the test on a machine without a C compiler, except in CI. */
export function skipWithoutCompiler(t: TestContext): boolean {
  const { error } = spawnSync('cc', ['--version']);
  if (process.platform === 'linux' && error === undefined) return false;
  assert.ok(!process.env.CI, 'CI must test slow and failing disks: install gcc');
  t.skip('SLOW AND FAILING DISKS WERE NOT TESTED: there is no C compiler, or this is not Linux');
  return true;
}
