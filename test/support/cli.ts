import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { MAIN } from './server-process.ts';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the program with these arguments until it exits.
 *
 * @param env its environment, in addition to PATH and the compile cache of the tests.
 * @param wrap a wrapper program and its arguments, for example a tracer.
 */
export async function runCli(
  args: string[],
  env: Record<string, string> = {},
  wrap: string[] = [],
): Promise<CliResult> {
  const [program = '', ...rest] = [...wrap, process.execPath, MAIN, ...args];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(program, rest, {
    env: { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
