/** The process of the servers that `servers.ts` starts. */
import { type RunningServer, startService } from '../../src/cli/run-server.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { ServerReply, ServerRequest } from './servers.ts';

// As in `main.ts`: only the owner may read the files of the databases.
process.umask(0o077);

const servers = new Map<number, RunningServer>();

process.on('message', async (request: ServerRequest) => {
  try {
    reply(await perform(request));
  } catch (error) {
    reply({ id: request.id, error: String((error as Error).stack ?? error) });
  }
});
process.once('disconnect', () => process.exit());

async function perform(request: ServerRequest): Promise<ServerReply> {
  const { id } = request;
  if ('stop' in request) {
    await servers.get(id)?.stop({ signal: 'SIGTERM' });
    servers.delete(id);
    return { id, stopped: true };
  }
  const config = loadConfig({ databaseUrl: `file:${request.databaseFile}`, port: '0' }, {});
  const server = await startService(config, true);
  servers.set(id, server);
  return { id, port: server.port };
}

function reply(message: ServerReply): void {
  process.send?.(message);
}
