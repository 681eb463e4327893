import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { emptyDatabase } from '../support/postgres.ts';
import { makeClone, ROOT } from './clone.ts';
import { plainEnvironment } from './environment.ts';
import { startGroup } from './process-group.ts';
import { startByCommand } from './server-command.ts';
import { startDocumentServer } from './servers.ts';
import type { Output, Runnable } from './steps.ts';

/** The address that every document names. */
const DOCUMENTED = 'localhost:3000';

/** The package of the client, and its source: the tests of the package install it. */
const CLIENT_PACKAGE = "'task-management-api-client'";
const CLIENT_SOURCE = `'${pathToFileURL(join(ROOT, 'client/src/index.ts'))}'`;

/** The PostgreSQL database that documents name, and how the program shows it. */
export const DOCUMENTED_DATABASE = 'postgres://task_api:secret@db.example.com:5432/tasks';
const SHOWN_DATABASE = 'postgres://db.example.com:5432/tasks';

/** How each language is run, in bash, from the file `$3`. */
const COMMANDS: Record<Runnable, string> = {
  bash: 'source "$3"',
  javascript: `'${process.execPath}' --input-type=module < "$3"`,
  python: 'python3 - < "$3"',
};

/** What a block runs inside: the variables and the folder that the block before left, as in a reader's terminal. */
function wrap(command: string, mergeStderr: boolean): string {
  return `
    if [ -e "$1" ]; then source "$1" 2>/dev/null || true; cd "$PWD"; fi
    export CURL_HOME="$2"
    trap "declare -p > '$1'" EXIT
    ${mergeStderr ? 'exec 2>&1' : ''}
    set -euo pipefail
    ${command}
  `;
}

/** A reader's clone, terminal and running server, for the blocks of one document. */
export interface Session {
  /**
   * Runs a block and returns what it printed.
   *
   * @param output the kind of output that the document shows, when it does.
   * @throws Error when the block fails.
   */
  run: (language: Runnable, code: string, output: Output | undefined, signal?: AbortSignal) => Promise<string>;
  /**
   * Starts another server by a command from the document, on a free port and with data of its own, and stops it.
   *
   * @throws Error when it does not come to listen.
   */
  tryServer: (command: string, signal?: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * @param outer the environment of the test.
 * @param withNpm whether `npx task-api` is run by npm. Otherwise the same program is started directly.
 */
export async function startSession(outer: NodeJS.ProcessEnv, withNpm: boolean): Promise<Session> {
  const clone = makeClone();
  const databaseFile = join(clone.root, 'data/task-api.db');
  const server = await startDocumentServer(databaseFile).catch((error) => {
    clone.remove();
    throw error;
  });
  const address = DOCUMENTED.replace('3000', new URL(server.url).port);
  const plain = plainEnvironment(outer);
  const env = {
    ...plain,
    ...(!withNpm && { PATH: `${clone.quickNpx}:${plain.PATH}` }),
    DATABASE_URL: `file:${databaseFile}`,
    // Whatever a block starts or checks by itself takes a port that is free.
    PORT: '0',
    // For what npx keeps of the clone, which is gone after the test.
    npm_config_cache: join(clone.scratch, 'npm'),
    npm_config_update_notifier: 'false',
  };

  const cleanups: (() => unknown)[] = [];
  let database: string | undefined;

  const run: Session['run'] = async (language, code, output, signal) => {
    const file = join(clone.scratch, 'block');
    if (code.includes(DOCUMENTED_DATABASE)) {
      database ??= await emptyDatabase({ after: (cleanup) => cleanups.push(cleanup as () => unknown) });
    }
    const replaced = code.replaceAll(DOCUMENTED, address).replaceAll(DOCUMENTED_DATABASE, database ?? '');
    writeFileSync(file, replaced.replaceAll(CLIENT_PACKAGE, CLIENT_SOURCE));
    // A text is what the reader sees on the terminal; JSON and HTTP are what a program would read.
    const script = wrap(COMMANDS[language], output === 'text' || output === 'console');
    const curlHome = join(clone.scratch, output === undefined ? 'curl-strict' : 'curl');
    const args = ['-c', script, 'bash', join(clone.scratch, 'state'), curlHome, file];
    const { child, kill } = startGroup('bash', args, { cwd: clone.root, env, signal });
    // What a block leaves in the background would keep its output open.
    child.once('exit', () => kill('SIGKILL'));
    const [stdout, stderr, [status, endedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    if (status !== 0) throw new Error(`the block ended with ${status ?? endedBy}\n${stdout}${stderr}`);
    const printed = stdout.replaceAll(address, DOCUMENTED);
    if (database === undefined) return printed;
    const { host, pathname } = new URL(database);
    return printed.replaceAll(`postgres://${host}${pathname}`, SHOWN_DATABASE);
  };

  const tryServer: Session['tryServer'] = async (command, signal) => {
    const flags = `--port 0 --log-level info --database-url 'file:${join(clone.scratch, 'tried.db')}'`;
    // What stands before `--` is for npm.
    const separator = /npm start(?!.* -- )/.test(command) ? ' --' : '';
    const whole = `${command}${separator} ${flags}`;
    const tried = await startByCommand(whole, { cwd: clone.root, env, signal });
    await tried.stop();
  };

  const stop = async () => {
    await server.stop();
    for (const cleanup of cleanups) await cleanup();
    clone.remove();
  };
  return { run, tryServer, stop };
}
