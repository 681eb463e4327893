import cluster from 'node:cluster';
import { type Command, InvalidArgumentError } from 'commander';
import { databaseFlag } from './database-flag.ts';
import { runServer } from './run-server.ts';
import { runWorkers } from './run-workers.ts';
import { ALL_SETTINGS, addSettings, readSettings } from './settings.ts';

/** How many workers there may be: each has connections of its own to the database, which has not many. */
const MAX_WORKERS = 64;

/** Production: issued tokens, and those of an issuer that is configured. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve, in production: tokens that were issued, and JWTs where JWT_ISSUER is set');
  addSettings(command, ALL_SETTINGS);
  command.option('--workers <number>', 'how many processes share the work, on PostgreSQL', parseWorkers, 1);
  command.action(async ({ workers }: { workers: number }) => {
    const config = readSettings(command);
    // A worker is this same command, started by the first process.
    if (workers > 1 && cluster.isPrimary) return runWorkers(config, workers);
    const { hasTokens } = await runServer(config, false);
    if (!hasTokens && config.jwt === undefined && (cluster.worker?.id ?? 1) === 1) {
      process.stderr.write(
        'There is no valid token, so every request will be rejected. To issue one, run:\n' +
          '  npx task-api token create --name my-app --scope users:read users:write tasks:read tasks:write' +
          `${databaseFlag(config.database)}\n`,
      );
    }
  });
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d{1,2}$/.test(text) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_WORKERS}.`);
}
