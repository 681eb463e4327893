import cluster from 'node:cluster';
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CliError } from './cli/cli-error.ts';
import { addCopy } from './cli/copy.ts';
import { addDev } from './cli/dev.ts';
import { addDoctor } from './cli/doctor.ts';
import { addMigrate } from './cli/migrate.ts';
import { addServe } from './cli/serve.ts';
import { addToken } from './cli/token.ts';
import { ConfigError } from './config/setting.ts';
import { StoreUnavailable, StoreUnusable } from './domain/outcomes.ts';

// What this program makes holds names, addresses and hashes of tokens: it is its owner's alone.
process.umask(0o077);

// Without a listener, a hint that cannot be written (a full disk, a closed pipe) would end the process.
process.stderr.on('error', () => undefined);

const program = new Command('task-api')
  .description('The Task Management API: users and tasks behind an HTTP API.')
  .version(manifest.version, '--version', 'print the version')
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('Add --help to see what there is.')
  .exitOverride();
for (const add of [addDev, addServe, addToken, addMigrate, addCopy, addDoctor]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
  // What keeps a worker from ending by itself is its line to the process that started it.
  cluster.worker?.disconnect();
}

/** Tells the person what went wrong, in one line where that can be said, and returns the exit code. */
function report(error: unknown): number {
  // Commander has said it already; asking for help is not a failure.
  if (error instanceof CommanderError) return error.exitCode;
  const expected = [CliError, ConfigError, StoreUnusable, StoreUnavailable].some((kind) => error instanceof kind);
  process.stderr.write(`task-api: ${expected ? (error as Error).message : ((error as Error).stack ?? error)}\n`);
  return 1;
}
