import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from '../support/external-program.ts';

/** What a run needs, with the version argument that each program understands. */
const PROGRAMS: readonly (readonly [name: string, argument: string])[] = [
  ['cc', '--version'],
  ['ip', '-V'],
  ['nsenter', '--version'],
  ['nginx', '-v'],
];
/** Set in the process that runs inside. */
const INSIDE = 'CHAOS_INSIDE';

/** Network, mounts and processes of their own. When the first process ends, the kernel ends and removes all of them. */
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** The programs that a run needs and that are not installed. */
export function missingPrograms(): string[] {
  const missing = PROGRAMS.filter(([name, argument]) => spawnSync(name, [argument]).status !== 0).map(([name]) => name);
  if (findProgram(['pgbouncer', '/usr/sbin/pgbouncer']) === undefined) missing.push('pgbouncer');
  if (findProgram(['redis-server', 'valkey-server']) === undefined) missing.push('redis-server or valkey-server');
  return missing;
}

/** Why this machine does not permit a run, or undefined if it does. */
export function whyNotPermitted(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces of several users need root';
  const prepare =
    'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip netns add test && ip link add name test0 type veth';
  const { status, stderr } = spawnSync('unshare', [...NAMESPACES, 'sh', '-c', prepare], { encoding: 'utf8' });
  return status === 0 ? undefined : `namespaces cannot be made: ${stderr.trim()}`;
}

/** Whether this process runs inside. */
export function isInside(): boolean {
  return process.env[INSIDE] === '1';
}

/** Runs this program again, inside, with other arguments. Resolves with its exit code. */
export async function runInside(runArgs: string[]): Promise<number> {
  const args = [...NAMESPACES, process.execPath, ...process.execArgv, process.argv[1] as string, ...runArgs];
  const child = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
