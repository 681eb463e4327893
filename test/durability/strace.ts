import { spawnSync } from 'node:child_process';

/** Everything that can write to a file or a socket, or sync a file. */
const CALLS = 'write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,fsync,fdatasync';

/** The longest data shown: a page of the database whole. */
const MAX_DATA = 4096;

/** -f: all threads; --seccomp-bpf: no stop at the calls that are not shown, which is several times as fast. */
const FOLLOW = ['strace', '-f', '--seccomp-bpf'];

/** The program to run a server under, which writes its system calls to a file. */
export function strace(traceFile: string, env: Record<string, string>): string[] {
  const variables = Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`]);
  // -y: the paths of descriptors.
  return [...FOLLOW, '-y', '-s', String(MAX_DATA), '-e', `trace=${CALLS}`, '-o', traceFile, ...variables];
}

/** Why no process can be traced on this machine, or undefined when one can be. */
export function whyNotTraceable(): string | undefined {
  const [program = '', ...args] = [...FOLLOW, '-o', '/dev/null', 'true'];
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return `strace cannot be run (${(error as NodeJS.ErrnoException).code})`;
  return status === 0 ? undefined : `strace cannot trace: ${stderr.trim()}`;
}
