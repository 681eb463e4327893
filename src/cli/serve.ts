import type { Command } from 'commander';
import { runServer } from './run-server.ts';
import { addSettings, readSettings } from './settings.ts';

/** Production: issued tokens only. */
export function addServe(program: Command): void {
  const command = program.command('serve').description('serve, in production: tokens that were issued, and no other');
  addSettings(command, ['host', 'port', 'databaseUrl', 'logLevel', 'plans']);
  command.action(async () => {
    const { store } = await runServer(readSettings(command), false);
    if ((await store.listTokens()).length === 0) {
      process.stderr.write(
        'No token has been issued yet, so every request will be refused. To make one, run:\n' +
          '  npm run -s task-api -- token create --name my-app --scope users:read users:write\n',
      );
    }
  });
}
