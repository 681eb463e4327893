import cluster from 'node:cluster';
import { CommanderError } from 'commander';
import { CliError } from './cli/cli-error.ts';
import { createProgram } from './cli/program.ts';
import { ConfigError } from './config/setting.ts';
import { StoreUnavailable, StoreUnusable } from './domain/outcomes.ts';

// Databases contain names, addresses and hashes of tokens, so only the owner may read the files that this process creates.
process.umask(0o077);

// Without a listener, a failed write (a full disk, a closed pipe) would end the process.
process.stderr.on('error', () => undefined);

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
  // The channel to the primary process keeps a worker alive.
  cluster.worker?.disconnect();
}

/** Prints the error, on one line if it is an expected one, and returns the exit code. */
function reportError(error: unknown): number {
  // Commander has printed it. `--help` and `--version` have the exit code 0.
  if (error instanceof CommanderError) return error.exitCode;
  const expected = [CliError, ConfigError, StoreUnusable, StoreUnavailable].some((kind) => error instanceof kind);
  process.stderr.write(`task-api: ${expected ? (error as Error).message : ((error as Error).stack ?? error)}\n`);
  return 1;
}
