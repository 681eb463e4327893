import type { Command } from 'commander';
import { runServer } from './run-server.ts';
import { addSettings, readSettings } from './settings.ts';

/** Production: issued tokens only. */
export function addServe(program: Command): void {
  const command = program.command('serve').description('serve, in production: tokens that were issued, and no other');
  addSettings(command, ['host', 'port', 'databaseUrl', 'logLevel', 'plans']);
  command.action(async () => {
    const { hasTokens } = await runServer(readSettings(command), false);
    if (!hasTokens) {
      process.stderr.write(
        'There is no token that is good, so every request will be refused. To issue one, run:\n' +
          '  npm run -s task-api -- token create --name my-app --scope users:read users:write\n',
      );
    }
  });
}
