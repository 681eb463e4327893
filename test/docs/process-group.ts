import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface GroupOptions {
  cwd: string;
  /** All of the environment. */
  env: NodeJS.ProcessEnv;
  /** Ends the whole group at once. */
  signal?: AbortSignal | undefined;
}

/** A program and all that it starts. */
export interface ProcessGroup {
  child: ChildProcessByStdio<null, Readable, Readable>;
  /** Signals every process of the group that is still there. */
  kill: (signal: NodeJS.Signals) => void;
}

/** Starts a program as the head of a process group of its own, so that nothing it starts can outlive the test. */
export function startGroup(command: string, args: string[], { signal, ...options }: GroupOptions): ProcessGroup {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const abort = () => kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  child.once('close', () => signal?.removeEventListener('abort', abort));
  return { child, kill };
}
