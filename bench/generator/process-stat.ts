import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The user and system time that a process has used with all its threads, in seconds (Linux; see proc_pid_stat(5)). */
export function cpuSeconds(pid: number): number {
  const { own } = readStat(pid);
  return own / TICKS_PER_SECOND;
}

/** The same of a process, its children, and those of its children that have ended. */
export function familyCpuSeconds(pid: number): number {
  const { own, ended } = readStat(pid);
  let jiffies = own + ended;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const child = readStat(Number(name));
      if (child.parent === pid) jiffies += child.own;
    } catch {
      // It has ended meanwhile.
    }
  }
  return jiffies / TICKS_PER_SECOND;
}

/** The memory of a process that is resident now, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** The times are in jiffies, of which a second has TICKS_PER_SECOND; `ended` is that of children which have ended. */
function readStat(pid: number): { parent: number; own: number; ended: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses, which may hold anything: `state`, the third, comes after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) };
}
