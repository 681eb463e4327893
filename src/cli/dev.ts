import type { Command } from 'commander';
import { DEVELOPMENT_TOKEN } from '../auth/token-verifier.ts';
import { describeDatabase } from '../config/database.ts';
import { isLoopback } from '../formats/url.ts';
import { CliError } from './cli-error.ts';
import { runServer } from './run-server.ts';
import { ALL_SETTINGS, addSettings, readSettings } from './settings.ts';

/** `npm start`: on this machine only, with the token of the documents (contract, section 5). */
export function addDev(program: Command): void {
  const command = program.command('dev').description('serve on this machine only, with the token of the documents');
  // One process on this machine alone: nobody shares limits with it, and no proxy is in front.
  addSettings(
    command,
    ALL_SETTINGS.filter((name) => name !== 'redisUrl' && name !== 'trustProxy'),
  );
  command.action(async () => {
    const config = readSettings(command);
    if (!isLoopback(config.host)) {
      throw new CliError(
        `HOST must be localhost, 127.0.0.1 or ::1 in development mode, it is ${config.host}; ` +
          'to be reached from outside, run: npx task-api serve',
      );
    }
    const { port } = await runServer(config, true);
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    process.stderr.write(banner(`http://${host}:${port}`, describeDatabase(config.database)));
  });
}

/** On standard error, so that standard output holds the log alone. */
function banner(address: string, database: string): string {
  return `
  Task Management API, in development mode

  Address  ${address}
  Token    ${DEVELOPMENT_TOKEN}  (an administrator's; accepted in development mode only)
  Docs     ${address}/docs
  Data     ${database}

  Create a user:

  curl -X POST ${address}/users \\
    -H "Authorization: Bearer ${DEVELOPMENT_TOKEN}" \\
    -H "Content-Type: application/json" \\
    -d '{"firstName": "John", "lastName": "Doe", "contactEmail": "john.doe@example.com"}'

  Ctrl+C stops it.

`;
}
