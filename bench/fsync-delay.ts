import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Env } from './targets.ts';

/** How much longer an fsync takes, in milliseconds. */
export const FSYNC_DELAY_MS = 2;

/**
 * Compiles `fsync-delay.c` in `folder`, and returns the environment variables of a server whose fsyncs it delays, or
 * undefined if there is no C compiler or no LD_PRELOAD.
 *
 * @throws Error if fsyncs are not slower with it.
 */
export function buildFsyncDelay(folder: string): Env | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'fsync-delay.so');
  const source = join(import.meta.dirname, 'fsync-delay.c');
  const { error, status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], {
    encoding: 'utf8',
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
  if (status !== 0) throw new Error(`cc failed: ${stderr}`, { cause: error });
  const env = { LD_PRELOAD: library, FSYNC_DELAY_US: String(FSYNC_DELAY_MS * 1000) };
  const measured = measureFsyncWith(env, folder);
  if (!(measured >= FSYNC_DELAY_MS)) throw new Error(`fsync takes ${measured} ms: the delay has no effect`);
  return env;
}

/** In milliseconds, in a process of its own that has these environment variables. */
function measureFsyncWith(env: Env, folder: string): number {
  const args = [join(import.meta.dirname, 'fsync-time.ts'), folder];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } }));
}
