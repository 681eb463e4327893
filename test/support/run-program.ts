import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface RunOptions {
  uid?: number;
  gid?: number;
  cwd?: string;
}

/** How long a program may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

/**
 * Runs a program until it exits and returns its standard output.
 *
 * @throws Error with its name and standard error in one line, if it fails.
 */
export async function runProgram(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    return (await promisify(execFile)(program, args, { ...options, env, timeout: TIMEOUT_MS })).stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = (stderr || message).trim().replaceAll(/\s*\n\s*/g, '; ');
    throw new Error(`${program} failed: ${reason}`);
  }
}
