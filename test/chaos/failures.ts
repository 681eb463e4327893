import type { Machine } from './network.ts';
import type { PostgresMachine } from './postgres-servers.ts';
import { API_MACHINES, type ApiMachine, type Topology } from './topology.ts';

/** Ends a failure. */
type End = () => unknown;

/** A kind of failure. */
export interface FailureKind {
  name: string;
  /** What may fail. `primary` and `standby` are chosen when it begins. */
  targets: readonly string[];
  /** How long it lasts, from and to, in seconds. */
  seconds: readonly [number, number];
  /** Begins it. */
  begin: (topology: Topology, target: string, random: () => number) => Promise<End> | End;
}

type ProgramMachine = Exclude<Machine, 'runner'>;

const POSTGRES = ['primary', 'standby'] as const;
const PROGRAMS = [...API_MACHINES, 'nginx', 'pgbouncer', 'cache', ...POSTGRES] as const;

/** Every kind of failure. */
export const FAILURE_KINDS: readonly FailureKind[] = [
  {
    ...{ name: 'kill a worker', targets: API_MACHINES, seconds: [2, 4] },
    begin: ({ programs }, target, random) => {
      const [, ...workers] = programs[target as ApiMachine].pids();
      const pid = workers[Math.floor(random() * workers.length)];
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      return () => undefined;
    },
  },
  {
    ...{ name: 'kill', targets: PROGRAMS, seconds: [1, 4] },
    begin: async (topology, target) => {
      const program = programOf(topology, target);
      await program.stop('SIGKILL');
      return () => program.start();
    },
  },
  {
    ...{ name: 'pause', targets: PROGRAMS, seconds: [2, 8] },
    begin: (topology, target) => {
      const program = programOf(topology, target);
      program.signal('SIGSTOP');
      return () => program.signal('SIGCONT');
    },
  },
  {
    ...{ name: 'partition', seconds: [2, 8] },
    targets: [
      'nginx api1',
      'nginx api2',
      'api1 pgbouncer',
      'pgbouncer primary',
      'api2 primary',
      'primary standby',
      'api1 cache',
      'runner api2',
    ],
    begin: ({ network, postgres }, target) => {
      const [a, b] = target.split(' ').map((name) => resolve(name, postgres));
      network.cut(a as Machine, b as Machine);
      return () => network.heal();
    },
  },
  {
    ...{ name: 'unplug', targets: [...API_MACHINES, 'cache', 'pgbouncer', ...POSTGRES], seconds: [2, 8] },
    begin: async ({ network, postgres }, target) => {
      await network.unplug(resolve(target, postgres));
      return () => network.heal();
    },
  },
  {
    ...{ name: 'slow network', targets: [...API_MACHINES, 'pgbouncer', ...POSTGRES], seconds: [4, 10] },
    begin: ({ network, postgres }, target, random) => {
      network.slow(resolve(target, postgres), 20 + Math.floor(80 * random()));
      return () => network.heal();
    },
  },
  {
    ...{ name: 'slow disk', targets: POSTGRES, seconds: [4, 10] },
    begin: ({ postgres }, target, random) => {
      const machine = resolve(target, postgres) as PostgresMachine;
      postgres.slowDisk(machine, 20 + Math.floor(180 * random()));
      return () => postgres.slowDisk(machine, 0);
    },
  },
  {
    ...{ name: 'full disk', targets: POSTGRES, seconds: [3, 8] },
    begin: ({ postgres }, target) => postgres.fillDisk(resolve(target, postgres) as PostgresMachine),
  },
  {
    ...{ name: 'full log disk', targets: API_MACHINES, seconds: [3, 8] },
    begin: ({ fillLogDisk }, target) => fillLogDisk(target as ApiMachine),
  },
  {
    ...{ name: 'clock step', targets: API_MACHINES, seconds: [4, 10] },
    begin: async ({ stepClock }, target, random) => {
      await stepClock(target as ApiMachine, random() < 0.5 ? -90 : 90);
      return () => stepClock(target as ApiMachine, 0);
    },
  },
  {
    ...{ name: 'rolling restart', targets: ['api'], seconds: [0, 0] },
    begin: async ({ restartAll }) => {
      await restartAll();
      return () => undefined;
    },
  },
  {
    ...{ name: 'failover', targets: ['killed', 'paused', 'unplugged'], seconds: [1, 3] },
    begin: async ({ postgres, network }, target) => {
      const old = postgres.primary;
      if (target === 'paused') postgres.programs[old].signal('SIGSTOP');
      if (target === 'unplugged') await network.unplug(old);
      if (target === 'killed') await postgres.programs[old].stop('SIGKILL');
      await postgres.failOver();
      return async () => {
        await network.heal();
        await postgres.rejoin(old);
      };
    },
  },
];

/** @param name a machine, `primary` or `standby`, which is the synchronous one. */
function resolve(name: string, postgres: Topology['postgres']): ProgramMachine {
  if (name === 'primary') return postgres.primary;
  if (name === 'standby') return postgres.standbys[0] as PostgresMachine;
  return name as ProgramMachine;
}

function programOf(topology: Topology, target: string) {
  return topology.programs[resolve(target, topology.postgres)];
}
