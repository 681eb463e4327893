import { CONNECTIONS, type JobResult, type What } from './generator/job.ts';
import type { Generator } from './generator-process.ts';
import type { Peer } from './peers.ts';
import { type Stored, seedUsers, USERS } from './seed-users.ts';
import type { Target } from './targets.ts';
import { runWrk, type WrkResult } from './wrk.ts';

/** In this order, so that the lists are not made longer by the users that `create` makes. */
export const WORKLOADS = ['get', 'list', 'mix', 'create'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** In milliseconds. */
export interface Timing {
  /** How long a new server has the mix, while Node still compiles its code. */
  coldWarmup: number;
  /** How long each load is on before it is measured. */
  warmup: number;
  duration: number;
  /** How long wrk measures: it has whole seconds only. */
  wrkDuration: number;
}

/** What measuring needs. */
export interface Tools {
  generator: Generator;
  /** Another one, for what happens at the same time. */
  reader: Generator;
  timing: Timing;
  /** Whether wrk is installed. */
  wrk: boolean;
}

/** Clients that create users all the time, and one that reads users meanwhile. */
export interface Beside {
  creates: JobResult;
  reads: JobResult;
}

/** A server with users stored, and the loads that it can have. */
export class Session {
  readonly #target: Target;
  readonly #peer: Peer;
  readonly #stored: Stored;
  readonly #connections: number;
  readonly #tools: Tools;

  private constructor(target: Target, peer: Peer, stored: Stored, connections: number, tools: Tools) {
    this.#target = target;
    this.#peer = peer;
    this.#stored = stored;
    this.#connections = connections;
    this.#tools = tools;
  }

  static async start(target: Target, peer: Peer, connections: number, tools: Tools): Promise<Session> {
    const session = new Session(target, peer, await seedUsers(target, peer, USERS), connections, tools);
    // Node compiles what is called often: a single connection would take long to get there.
    const options = { connections: Math.max(connections, CONNECTIONS), warmup: 0, duration: tools.timing.coldWarmup };
    await session.run('mix', options);
    return session;
  }

  run(workload: Workload, options: LoadOptions = {}): Promise<JobResult> {
    return this.#run(this.#tools.generator, this.#what(workload, options.withKey), options);
  }

  async runBeside(): Promise<Beside> {
    const [creates, reads] = await Promise.all([
      this.run('create'),
      this.#run(this.#tools.reader, this.#what('get'), { connections: 1 }),
    ]);
    return { creates, reads };
  }

  runWrk(kind: 'get' | 'create', folder: string): Promise<WrkResult> {
    const load = kind === 'get' ? { kind, paths: this.#stored.gets } : { kind, create: this.#peer.create };
    return runWrk(this.#target, load, this.#connections, this.#tools.timing.wrkDuration / 1000, folder);
  }

  #run(generator: Generator, what: What, options: LoadOptions): Promise<JobResult> {
    const { server, token } = this.#target;
    const { warmup, duration } = this.#tools.timing;
    const { connections = this.#connections, rate = null } = options;
    const timing = { warmup: options.warmup ?? warmup, duration: options.duration ?? duration };
    return generator.run({ port: server.port, pid: server.pid, token, what, connections, rate, ...timing });
  }

  #what(workload: Workload, withKey = false): What {
    const { create } = this.#peer;
    const { gets, lists } = this.#stored;
    switch (workload) {
      case 'get':
        return { kind: 'get', paths: gets };
      case 'list':
        return { kind: 'get', paths: lists };
      case 'mix':
        return { kind: 'mix', gets, lists, create };
      case 'create':
        return { kind: 'create', create, withKey };
    }
  }
}

interface LoadOptions {
  connections?: number;
  /** Requests a second; by default as many as the server responds to. */
  rate?: number;
  withKey?: boolean;
  warmup?: number;
  duration?: number;
}
