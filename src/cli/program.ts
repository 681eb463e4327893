import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { SCOPES } from '../domain/tokens.ts';
import { DAY_MS } from '../formats/duration.ts';
import {
  MAX_WORKERS,
  parseDuration,
  parseId,
  parseKeep,
  parseScopes,
  parseTokenName,
  parseWorkers,
} from './arguments.ts';
import type { BackupOptions } from './backup-command.ts';
import { addDataCommands } from './program-data.ts';
import { ALL_SETTINGS, addSettings, readSettings } from './settings.ts';
import type { CreateTokenOptions } from './token.ts';

// Commands are defined here and implemented in modules that their actions import: `--help` loads none of them.

/** The exit codes of every command. */
export const EXIT_CODES: readonly [code: number, meaning: string][] = [
  [0, 'success, or stopped by SIGTERM or SIGINT'],
  [1, 'error, described on standard error; or a forced stop'],
  [2, '`import`: some rows were rejected'],
];

/** The command line, for `main.ts` and for `docs/command-line.md`. Errors and `--help` throw a `CommanderError`. */
export function createProgram(): Command {
  const program = new Command('task-api')
    .description('The Task Management API: an HTTP API for users and tasks.')
    .version(manifest.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showHelpAfterError('Run with --help for usage.')
    .addHelpText('after', `\nExit status:\n${EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}`)
    .exitOverride();
  addDev(program);
  addServe(program);
  addToken(program);
  addMigrate(program);
  addCopy(program);
  addBackup(program);
  addRestore(program);
  addVerify(program);
  addDoctor(program);
  addDataCommands(program);
  return program;
}

function addDev(program: Command): void {
  const command = program
    .command('dev')
    .summary('start the server in development mode')
    .description(
      'Start the server in development mode. It listens on this machine only, and accepts the administrator token your-token-here.',
    );
  // One process without a proxy in front needs neither.
  const included = ALL_SETTINGS.filter((name) => name !== 'redisUrl' && name !== 'trustProxy');
  addSettings(command, included).action(async () => {
    const { startDev } = await import('./dev.ts');
    await startDev(readSettings(command));
  });
}

function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('start the server')
    .description(
      'Start the server in production mode. It accepts tokens that you issue, and JWTs if JWT_ISSUER is set.',
    )
    .addOption(
      new Option('--workers <number>', `number of processes, from 1 to ${MAX_WORKERS}`)
        .argParser(parseWorkers)
        .default(1),
    );
  addSettings(command, ALL_SETTINGS).action(async ({ workers }: { workers: number }) => {
    const { startServe } = await import('./serve.ts');
    await startServe(readSettings(command), workers);
  });
}

function addToken(program: Command): void {
  const token = program.command('token').summary('manage bearer tokens').description('Manage bearer tokens.');
  addTokenCreate(token);
  addTokenList(token);
  addTokenRotate(token);
  addTokenRevoke(token);
}

function addTokenCreate(token: Command): void {
  const command = token
    .command('create')
    .summary('issue a token')
    .description('Issue a token and print it. It cannot be printed again: only its hash is stored.')
    .requiredOption('--name <name>', 'name of the token (required)', parseTokenName)
    .addOption(
      new Option('--scope <scope...>', `scopes, separated by spaces or commas: ${SCOPES.join(', ')} (required)`)
        .argParser(parseScopes)
        .makeOptionMandatory(),
    )
    .option('--user <id>', 'make it a user token, which accesses the data of this user only', parseId)
    .addOption(
      new Option('--plan <plan>', 'rate limit plan, such as professional or unlimited').default('basic', 'basic'),
    )
    .option('--expires <duration>', 'lifetime, such as 90d, 12h or 30m (default: until revoked)', parseDuration);
  addSettings(command, ['databaseUrl', 'databaseDirectUrl', 'plans']).action(async (options: CreateTokenOptions) => {
    const { createToken } = await import('./token.ts');
    await createToken(readSettings(command), options);
  });
}

function addTokenList(token: Command): void {
  const command = token
    .command('list')
    .summary('list tokens')
    .description('List all tokens, including expired and revoked ones. Secrets are not shown.');
  addSettings(command, ['databaseUrl', 'databaseDirectUrl']).action(async () => {
    const { listTokens } = await import('./token.ts');
    await listTokens(readSettings(command));
  });
}

function addTokenRotate(token: Command): void {
  const command = token
    .command('rotate')
    .summary('replace the secret of a token')
    .description('Replace the secret of a token and print the new token. The old one stays valid for a while.')
    .argument('<id>', 'ID of the token, as `token list` shows it', parseId)
    .addOption(
      new Option('--overlap <duration>', 'how long the old secret stays valid, such as 7d, 12h or 30m')
        .argParser(parseDuration)
        .default(DAY_MS, '1d'),
    );
  addSettings(command, ['databaseUrl', 'databaseDirectUrl']).action(
    async (tokenId: number, { overlap }: { overlap: number }) => {
      const { rotateToken } = await import('./token.ts');
      await rotateToken(readSettings(command), tokenId, overlap);
    },
  );
}

function addTokenRevoke(token: Command): void {
  const command = token
    .command('revoke')
    .summary('revoke a token')
    .description('Revoke a token. A running server rejects it within one second.')
    .argument('<id>', 'ID of the token, as `token list` shows it', parseId);
  addSettings(command, ['databaseUrl', 'databaseDirectUrl']).action(async (tokenId: number) => {
    const { revokeToken } = await import('./token.ts');
    await revokeToken(readSettings(command), tokenId);
  });
}

function addMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .summary('update the database schema')
    .description('Update the database schema to this version, then exit. `dev` and `serve` do so when they start.');
  command.option('--dry-run', 'list the pending migrations, and change nothing');
  addSettings(command, ['databaseUrl', 'databaseDirectUrl']).action(
    async ({ dryRun = false }: { dryRun?: boolean }) => {
      const { migrate, previewMigration } = await import('./migrate.ts');
      await (dryRun ? previewMigration : migrate)(readSettings(command));
    },
  );
}

function addCopy(program: Command): void {
  program
    .command('copy')
    .summary('copy a SQLite database to PostgreSQL')
    .description(
      'Copy a SQLite database to an empty PostgreSQL database, then compare both. Stop the server first. ' +
        'To resume an interrupted copy, run the same command again.',
    )
    .requiredOption('--from <url>', 'SQLite file, as file:PATH; no other process may have it open (required)')
    .requiredOption('--to <url>', 'PostgreSQL database, as postgres://USER:PASSWORD@HOST:PORT/NAME (required)')
    .action(async ({ from, to }: { from: string; to: string }) => {
      const { copy } = await import('./copy.ts');
      await copy(from, to);
    });
}

function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .summary('write a backup of the database')
    .description(
      'Write a consistent backup of the database to a new file while the server runs. A SQLite backup is compressed if the ' +
        'name of the file ends in .zst or .gz, and in a directory. PostgreSQL requires the program pg_dump.',
    )
    .argument('[file]', 'file to write; it must not exist')
    .option('--to <directory>', 'write a file to this directory, named for the database and the time in UTC')
    .option(
      '--keep <number>',
      'with --to: delete the oldest backups in the directory, so that this many are left',
      parseKeep,
    )
    .option(
      '--every <duration>',
      'with --to: continue until SIGTERM and write a backup this often, such as 6h',
      parseDuration,
    );
  const included = ['databaseUrl', 'databaseDirectUrl', 'backupFailureUrl', 'webhookAllowPrivate', 'logLevel'] as const;
  addSettings(command, included).action(async (file: string | undefined, options: BackupOptions) => {
    const { runBackupCommand } = await import('./backup-command.ts');
    await runBackupCommand(readSettings(command), file, options);
  });
}

function addRestore(program: Command): void {
  const command = program
    .command('restore')
    .summary('restore a backup of a SQLite database')
    .description(
      'Verify a backup of a SQLite database, and write it to the database file, which must not exist. Stop the server first.',
    )
    .argument('<file>', 'backup to read');
  addSettings(command, ['databaseUrl']).action(async (file: string) => {
    const { restore } = await import('./restore.ts');
    await restore(readSettings(command), file);
  });
}

function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .summary('check the data of a SQLite database')
    .description(
      'Check the data of a SQLite database or of a backup of one: pages, indexes, references, counters, words for search, and ' +
        'that the change log leads to the stored users and tasks. The server may run. Changes nothing, and exits with 1 if an error is found.',
    )
    .argument('[file]', 'backup to check (default: the database)');
  addSettings(command, ['databaseUrl']).action(async (file: string | undefined) => {
    const { verify } = await import('./verify.ts');
    await verify(readSettings(command), file);
  });
}

function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('check that the server can start')
    .description(
      'Check that the server can start: Node.js, the database and its permissions, the port, and backups, Redis, the JWT issuer and the ' +
        'SMTP server if they are configured. Prints what to do about each failed check, and exits with 1 if there is any. Changes nothing.',
    );
  addSettings(command, [
    'host',
    'port',
    'databaseUrl',
    'databaseDirectUrl',
    'databaseReadUrl',
    'databaseReadMaxLagSeconds',
    'backupTo',
    'redisUrl',
    'logLevel',
    'plans',
    'jwtIssuer',
    'jwtAudience',
    'jwtServiceClaim',
    'smtpUrl',
    'emailFrom',
    'publicUrl',
    'confirmEmail',
  ]).action(async () => {
    const { runDoctor } = await import('./doctor.ts');
    await runDoctor(readSettings(command));
  });
}
