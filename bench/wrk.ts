import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Create } from './generator/job.ts';
import { cpuSeconds } from './generator/process-stat.ts';
import type { Target } from './targets.ts';

/** How much longer than its measurement a run may take, in milliseconds. */
const GRACE_MS = 15_000;

export type WrkLoad = { kind: 'get'; paths: string[] } | { kind: 'create'; create: Create };

/** What wrk measured; the CPU is the server's. */
export interface WrkResult {
  responses: number;
  seconds: number;
  serverCpu: number;
  latency: { p50: number; p99: number };
}

/** The version of the installed wrk, or undefined. */
export function wrkVersion(): string | undefined {
  const { stdout } = spawnSync('wrk', ['--version'], { encoding: 'utf8' });
  return /^wrk .*?(\d+\.\d+\.\d+)/m.exec(stdout ?? '')?.[1];
}

/**
 * Puts load on a server with wrk: one thread, as many connections, for whole seconds.
 *
 * @param folder for a file that wrk reads.
 * @throws Error if a response has an error status, or a connection fails.
 */
export async function runWrk(
  { server, token }: Target,
  load: WrkLoad,
  connections: number,
  seconds: number,
  folder: string,
): Promise<WrkResult> {
  const pathFile = join(folder, 'wrk-paths');
  if (load.kind === 'get') writeFileSync(pathFile, load.paths.join('\n'));
  const script = join(import.meta.dirname, 'wrk.lua');
  const options = [
    '--threads',
    '1',
    '--connections',
    String(connections),
    '--duration',
    `${seconds}s`,
    '--script',
    script,
  ];
  const path = load.kind === 'get' ? pathFile : load.create.path;
  const args = [...options, `http://127.0.0.1:${server.port}`, '--', load.kind, path, token];
  const before = cpuSeconds(server.pid);
  const { stdout } = await promisify(execFile)('wrk', args, { timeout: seconds * 1000 + GRACE_MS });
  const serverCpu = cpuSeconds(server.pid) - before;
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as Record<string, number>;
  const { requests = 0, failed, p50 = 0, p99 = 0 } = result;
  if (failed !== 0 || requests === 0) throw new Error(`wrk: ${failed} of ${requests} requests failed: ${stdout}`);
  return { responses: requests, seconds: result.seconds as number, serverCpu, latency: { p50, p99 } };
}
