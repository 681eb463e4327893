import cluster from 'node:cluster';
import type { Config } from '../config/config.ts';
import { databaseFlag } from './database-flag.ts';
import { COMMAND } from './executable.ts';
import { runServer } from './run-server.ts';
import { runWorkers } from './run-workers.ts';

/** `serve`. */
export async function startServe(config: Config, workers: number): Promise<void> {
  // A worker runs this same command, started by the primary process.
  if (workers > 1 && cluster.isPrimary) return runWorkers(config, workers);
  const { hasTokens } = await runServer(config, false);
  if (!hasTokens && config.jwt === undefined && (cluster.worker?.id ?? 1) === 1) {
    process.stderr.write(
      'There is no valid token, so every request will be rejected. To issue one, run:\n' +
        `  ${COMMAND} token create --name my-app --scope users:read users:write tasks:read tasks:write` +
        `${databaseFlag(config.database)}\n`,
    );
  }
}
