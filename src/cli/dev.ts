import { DEVELOPMENT_TOKEN } from '../auth/token-verifier.ts';
import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { isLoopback } from '../formats/url.ts';
import { CliError } from './cli-error.ts';
import { COMMAND } from './executable.ts';
import { runServer } from './run-server.ts';

/** `dev`, which `npm start` runs. */
export async function startDev(config: Config): Promise<void> {
  if (!isLoopback(config.host)) {
    throw new CliError(
      `HOST must be localhost, 127.0.0.1 or ::1 in development mode; it is ${config.host}. ` +
        `To accept connections from other machines, run: ${COMMAND} serve`,
    );
  }
  const { port } = await runServer(config, true);
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  process.stderr.write(banner(`http://${host}:${port}`, describeDatabase(config.database)));
}

/** Standard error, because standard output contains only the log. */
function banner(address: string, database: string): string {
  return `
  Task Management API, in development mode

  Address  ${address}
  Token    ${DEVELOPMENT_TOKEN}  (administrator; accepted in development mode only)
  Console  ${address}/console
  Docs     ${address}/docs
  Data     ${database}

  Create a user:

  curl -X POST ${address}/users \\
    -H "Authorization: Bearer ${DEVELOPMENT_TOKEN}" \\
    -H "Content-Type: application/json" \\
    -d '{"firstName": "John", "lastName": "Doe", "contactEmail": "john.doe@example.com"}'

  Press Ctrl+C to stop.

`;
}
