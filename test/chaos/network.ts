import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runProgram } from '../support/run-program.ts';

/** The network of all machines. */
export const PREFIX = '10.77.0';

/** The address of each machine. `runner` is this process: the clients and the receiver of webhooks. */
export const ADDRESSES = {
  runner: `${PREFIX}.1`,
  nginx: `${PREFIX}.2`,
  api1: `${PREFIX}.11`,
  api2: `${PREFIX}.12`,
  pgbouncer: `${PREFIX}.21`,
  cache: `${PREFIX}.31`,
  pg1: `${PREFIX}.41`,
  pg2: `${PREFIX}.42`,
  pg3: `${PREFIX}.43`,
} as const;

/** The address that moves to the PostgreSQL server that accepts writes. */
export const PRIMARY_ADDRESS = `${PREFIX}.40`;

export type Machine = keyof typeof ADDRESSES;
export const MACHINES = Object.keys(ADDRESSES) as Machine[];

/** A frame passes the switch within this time, so a round trip takes 2 ms. */
const DELAY_US = 1_000;
/** Of a million frames, so many are lost. */
const LOSS_PER_MILLION = 500;

/** Machines, each a network namespace, that are connected to one switch. */
export interface Network {
  /** The program and arguments that run another program on a machine, as this user if given. */
  on: (machine: Machine, account?: { uid?: number; gid?: number }) => string[];
  /** Ends the connection of two machines: frames between them are lost. */
  cut: (a: Machine, b: Machine) => void;
  /** Unplugs a machine from the switch. */
  unplug: (machine: Machine) => Promise<void>;
  /** Makes frames from and to a machine so much slower. */
  slow: (machine: Machine, ms: number) => void;
  /** Ends what {@link cut}, {@link unplug} and {@link slow} did. */
  heal: () => Promise<void>;
  /** Moves {@link PRIMARY_ADDRESS} to a machine. */
  movePrimaryAddress: (to: Machine) => Promise<void>;
}

/** Compiles a C file of this folder. @returns the path of the result. */
export function compile(source: string, output: string, options: string[] = []): string {
  const args = ['-O2', '-o', output, ...options, join(import.meta.dirname, source), '-ldl'];
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr}`);
  return output;
}

/** Creates the machines and the switch, in the namespaces of this process. @param folder for the program of the switch. */
export async function createNetwork(folder: string): Promise<Network> {
  mkdirSync('/run/netns', { recursive: true });
  await runProgram('mount', ['-t', 'tmpfs', 'tmpfs', '/run/netns']);
  await runProgram('ip', ['link', 'set', 'lo', 'up']);
  await runProgram('ip', ['netns', 'add', 'switch']);
  for (const machine of MACHINES) await connectMachine(machine);
  const child = await startSwitch(compile('switch.c', join(folder, 'switch')));
  const command = (line: string) => void child.stdin?.write(`${line}\n`);
  command(`delay ${DELAY_US}`);
  command(`loss ${LOSS_PER_MILLION}`);

  const unplugged = new Set<Machine>();
  let primary: Machine | undefined;
  return {
    on: (machine, { uid, gid } = {}) => {
      const account = uid === undefined ? [] : ['--setuid', String(uid), '--setgid', String(gid)];
      return ['nsenter', `--net=/run/netns/${machine}`, ...account, '--'];
    },
    cut: (a, b) => command(`cut ${a} ${b}`),
    slow: (machine, ms) => command(`slow ${machine} ${ms * 1000}`),
    unplug: async (machine) => {
      unplugged.add(machine);
      await ip('switch', 'link', 'set', machine, 'down');
    },
    heal: async () => {
      command('heal');
      for (const machine of unplugged) await ip('switch', 'link', 'set', machine, 'up');
      unplugged.clear();
    },
    movePrimaryAddress: async (to) => {
      const address = [`${PRIMARY_ADDRESS}/24`, 'dev', 'eth0'];
      if (primary !== undefined) await ip(primary, 'address', 'delete', ...address);
      primary = to;
      await ip(to, 'address', 'add', ...address);
      // As the announcement of the new machine would.
      for (const machine of MACHINES) await ip(machine, 'neighbour', 'flush', 'all');
    },
  };
}

/** Runs `ip` on a machine; `runner` is the namespace of this process. */
async function ip(machine: Machine | 'switch', ...args: string[]): Promise<void> {
  await runProgram('ip', machine === 'runner' ? args : ['-n', machine, ...args]);
}

async function connectMachine(machine: Machine): Promise<void> {
  const inside = machine === 'runner' ? [] : ['netns', machine];
  if (machine !== 'runner') await runProgram('ip', ['netns', 'add', machine]);
  await ip('switch', 'link', 'add', machine, 'type', 'veth', 'peer', 'name', 'eth0', ...inside);
  if (machine === 'runner') await ip('switch', 'link', 'set', 'eth0', 'netns', '1');
  await ip('switch', 'link', 'set', machine, 'up');
  await ip(machine, 'address', 'add', `${ADDRESSES[machine]}/24`, 'dev', 'eth0');
  await ip(machine, 'link', 'set', 'eth0', 'up');
  if (machine !== 'runner') await ip(machine, 'link', 'set', 'lo', 'up');
}

async function startSwitch(program: string): Promise<ChildProcess> {
  const [command = '', ...args] = ['nsenter', '--net=/run/netns/switch', '--', program, ...MACHINES];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the switch exited with ${code}`)));
    createInterface(child.stdout).once('line', () => resolve());
  });
  return child;
}
