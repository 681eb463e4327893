import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { findProgram } from '../support/external-program.ts';
import { UPSTREAM } from '../support/nginx.ts';
import { runProgram } from '../support/run-program.ts';
import { waitFor } from '../support/wait-for.ts';
import { ADDRESSES, compile, createNetwork, type Machine, type Network, PRIMARY_ADDRESS } from './network.ts';
import { DATABASE, fillDisk, LOGIN, POSTGRES_MACHINES, PostgresServers } from './postgres-servers.ts';
import { Supervised } from './supervised.ts';

export const API_MACHINES = ['api1', 'api2'] as const satisfies readonly Machine[];
export type ApiMachine = (typeof API_MACHINES)[number];

/** It starts from the compiled source, which takes half the time. */
const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'task-api.js');
const NGINX_TEST = join(import.meta.dirname, '..', 'deployment', 'nginx.test.ts');
const PORT = 3000;
const BALANCER_PORT = 8080;
const WORKERS = 2;
const POLL_INTERVAL_MS = 300;
/** Longer than the service waits for its database. */
const READY_TIMEOUT_MS = 5_000;
const LOG_DISK_SIZE = '64m';
const START_TIMEOUT_MS = 600_000;
/** Low enough to count requests in the cache, high enough for all of them. */
const PLAN = 'chaos';
const PLANS = `${PLAN}=1000000/100000000`;
/** A response has the time in whole seconds, and takes a while. */
const CLOCK_TOLERANCE_MS = 10_000;
/** How long a restarted server must be ready before the next one is restarted; docs/scaling.md names it. */
const READY_MS = 3_000;

/** All machines of a run: two with the service, one program each on the others. */
export interface Topology {
  network: Network;
  postgres: PostgresServers;
  /** Every program, by its machine. */
  programs: Record<Exclude<Machine, 'runner'>, Supervised>;
  /** The address of the load balancer. */
  baseUrl: string;
  /** The token of an administrator. */
  token: string;
  plan: string;
  /** Sets the clock of a machine with the service: how far it is ahead, in seconds. */
  stepClock: (machine: ApiMachine, seconds: number) => Promise<void>;
  /** Fills the disk of the log of a machine with the service. Returns the function that frees it. */
  fillLogDisk: (machine: ApiMachine) => Promise<() => void>;
  /** Restarts the machines with the service, one after the other. */
  restartAll: () => Promise<void>;
  /** The machines that do not work, as seen from the clients. */
  findUnavailable: () => Promise<string[]>;
}

/** Starts everything. @param folder for the files of all machines, which every user can enter. */
export async function startTopology(folder: string): Promise<Topology> {
  const network = await createNetwork(folder);
  const postgres = await PostgresServers.start(network, folder);
  const cacheProgram = findProgram(['valkey-server', 'redis-server']) as string;
  const cacheArgs = ['--bind', ADDRESSES.cache, '--protected-mode', 'no', '--save', '', '--dir', folder];
  const supervise = (machine: Machine, args: string[]) =>
    new Supervised(machine, () => ({ args: [...network.on(machine), ...args], log: join(folder, `${machine}.log`) }));
  const cache = supervise('cache', [cacheProgram, ...cacheArgs]);
  const nginx = supervise('nginx', ['nginx', '-p', folder, '-e', 'stderr', '-c', writeNginxConfiguration(folder)]);
  const pgbouncer = await createPooler(network, folder);
  cache.start();
  nginx.start();
  pgbouncer.start();

  const database = (host: string) => `postgres://${LOGIN.user}:${LOGIN.password}@${host}/${DATABASE}`;
  const direct = database(PRIMARY_ADDRESS);
  const pooled = database(`${ADDRESSES.pgbouncer}:6432`);
  const env = {
    ...{
      DATABASE_DIRECT_URL: direct,
      DATABASE_READ_URL: POSTGRES_MACHINES.map((machine) => database(ADDRESSES[machine])).join(','),
      REDIS_URL: `redis://${ADDRESSES.cache}:6379`,
      PLANS,
      WEBHOOK_ALLOW_PRIVATE: 'true',
    },
    ...{
      SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      TRUST_PROXY: ADDRESSES.nginx,
      LOG_LEVEL: 'warn',
    },
  };
  const clockShim = compile('clock-shim.c', join(folder, 'clock-shim.so'), ['-shared', '-fPIC']);
  const clockFile = (machine: ApiMachine) => join(folder, `${machine}-clock`);
  const stepClock = async (machine: ApiMachine, seconds: number) => {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(BigInt(seconds));
    // The file stays the same one, because the processes map it.
    writeFileSync(clockFile(machine), offset, { flag: 'r+' });
    const isStepped = async () =>
      Math.abs((await readClock(machine)) - Date.now() - 1_000 * seconds) < CLOCK_TOLERANCE_MS;
    await waitFor(isStepped, { message: `the clock of ${machine} is not stepped`, timeoutMs: START_TIMEOUT_MS });
  };
  const logDisk = (machine: ApiMachine) => join(folder, machine);
  const createApi = async (machine: ApiMachine, databaseUrl: string) => {
    mkdirSync(logDisk(machine));
    await runProgram('mount', ['-t', 'tmpfs', '-o', `size=${LOG_DISK_SIZE}`, 'tmpfs', logDisk(machine)]);
    writeFileSync(clockFile(machine), Buffer.alloc(8));
    const serve = [
      process.execPath,
      COMMAND,
      'serve',
      '--host',
      '0.0.0.0',
      '--port',
      String(PORT),
      '--workers',
      String(WORKERS),
    ];
    return new Supervised(machine, () => ({
      args: [...network.on(machine), ...serve],
      env: { ...env, DATABASE_URL: databaseUrl, LD_PRELOAD: clockShim, CLOCK_OFFSET: clockFile(machine) },
      log: join(logDisk(machine), 'log.ndjson'),
    }));
  };
  const api1 = await createApi('api1', pooled);
  const hosts = POSTGRES_MACHINES.map((machine) => `${ADDRESSES[machine]}:5432`).join(',');
  const api2 = await createApi('api2', `${database(hosts)}?target_session_attrs=read-write`);
  const create = [
    'token',
    'create',
    '--name',
    'chaos',
    '--scope',
    'admin',
    '--plan',
    'unlimited',
    '--database-url',
    direct,
  ];
  const token = (await runProgram(process.execPath, [COMMAND, ...create])).trim();
  api1.start();
  api2.start();

  const programs = { api1, api2, nginx, pgbouncer, cache, ...postgres.programs };
  const topology: Topology = {
    ...{ network, postgres, programs, token, plan: PLAN, stepClock },
    baseUrl: `http://${ADDRESSES.nginx}:${BALANCER_PORT}`,
    fillLogDisk: (machine) => fillDisk(logDisk(machine)),
    restartAll: async () => {
      for (const machine of API_MACHINES) {
        await programs[machine].stop('SIGTERM');
        programs[machine].start();
        await waitFor(() => isReady(machine), { message: `${machine} is not ready`, timeoutMs: START_TIMEOUT_MS });
        await sleep(READY_MS);
      }
    },
    findUnavailable: async () => {
      const checks = [
        ...API_MACHINES.map((machine) => isReady(machine)),
        isReady('nginx', BALANCER_PORT),
        postgres.isHealthy(),
      ];
      const isAvailable = await Promise.all(checks);
      return [...API_MACHINES, 'nginx', 'postgres'].filter((_, i) => !isAvailable[i]);
    },
  };
  await waitUntilAvailable(topology, START_TIMEOUT_MS);
  return topology;
}

/** Copies the logs that are on disks of their own to the folder of all others. */
export function keepLogs(folder: string): void {
  for (const machine of API_MACHINES) {
    const log = join(folder, machine, 'log.ndjson');
    if (existsSync(log)) copyFileSync(log, join(folder, `${machine}.log`));
  }
}

/** Resolves when all machines work. @throws Error with those that do not, if they do not in time. */
export async function waitUntilAvailable({ findUnavailable }: Topology, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const unavailable = await findUnavailable();
    if (unavailable.length === 0) return;
    if (performance.now() > deadline) throw new Error(`unavailable after ${timeoutMs} ms: ${unavailable.join(', ')}`);
    await sleep(POLL_INTERVAL_MS);
  }
}

async function isReady(machine: Machine, port = PORT): Promise<boolean> {
  const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
  return fetch(`http://${ADDRESSES[machine]}:${port}/health/ready`, { signal }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

/** The time of a machine with the service, in milliseconds. */
async function readClock(machine: ApiMachine): Promise<number> {
  const response = await fetch(`http://${ADDRESSES[machine]}:${PORT}/health/live`);
  await response.arrayBuffer();
  return Date.parse(response.headers.get('date') ?? '');
}

async function createPooler(network: Network, folder: string): Promise<Supervised> {
  const program = findProgram(['pgbouncer', '/usr/sbin/pgbouncer']) as string;
  const users = join(folder, 'pgbouncer-users.txt');
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(users, `"${LOGIN.user}" "${LOGIN.password}"\n`);
  const lines = [
    ...[
      '[databases]',
      `* = host=${PRIMARY_ADDRESS}`,
      '[pgbouncer]',
      'listen_addr = *',
      'listen_port = 6432',
      'unix_socket_dir =',
    ],
    ...[
      'auth_type = plain',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      'default_pool_size = 20',
      'server_login_retry = 1',
      'max_client_conn = 500',
    ],
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const [uid, gid] = [await runProgram('id', ['-u', 'postgres']), await runProgram('id', ['-g', 'postgres'])];
  const args = network.on('pgbouncer', { uid: Number(uid), gid: Number(gid) });
  return new Supervised('pgbouncer', () => ({ args: [...args, program, file], log: join(folder, 'pgbouncer.log') }));
}

/** The configuration of the documentation, without TLS. */
function writeNginxConfiguration(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const servers = API_MACHINES.map((machine) => ADDRESSES[machine]);
  const upstream = readCheckedBlock('docs/scaling.md', NGINX_TEST);
  const http = readCheckedBlock('docs/deployment.md', NGINX_TEST)
    .replace(UPSTREAM, `${upstream}\n`)
    .replaceAll(/(?<= {2}server )\d+\.\d+\.\d+\.\d+(?=:3000)/g, () => servers.shift() ?? '')
    .replace('listen 443 ssl', `listen ${BALANCER_PORT}`)
    .replaceAll(/^ *ssl_.*\n/gm, '');
  const file = join(folder, 'nginx.conf');
  const main = 'user root; daemon off; pid nginx.pid; error_log stderr warn; events {}';
  writeFileSync(file, `${main}\nhttp {\naccess_log off; ${temporary.join(' ')}\n${http}}\n`);
  return file;
}
