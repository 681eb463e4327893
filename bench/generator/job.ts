/** What the generator is asked to do. */
export interface Job {
  /** The server's port on 127.0.0.1. */
  port: number;
  /** The server's process, whose CPU time and memory are measured. */
  pid: number;
  /** The first process of a database server, whose CPU time is measured as well, with that of all its children. */
  databasePid?: number;
  /** The bearer token of every request. */
  token: string;
  what: What;
  /** How many connections carry the requests, each one at a time. */
  connections: number;
  /** Requests a second, or null for as many as the server responds to. */
  rate: number | null;
  /** How long the load is on before anything is measured, and how long it is measured, in milliseconds. */
  warmup: number;
  duration: number;
}

/** How a server creates a user: POST to `path`, which it responds to with `status`. */
export interface Create {
  path: string;
  status: number;
}

/**
 * `create` posts a user with a new address each time, if `withKey` with a new `Idempotency-Key` as well. `get` is GET of each
 * path in turn. `mix` is, of ten requests, seven of `gets`, two of `lists` and one `create`.
 */
export type What =
  | { kind: 'create'; create: Create; withKey?: boolean }
  | { kind: 'get'; paths: string[] }
  | { kind: 'mix'; gets: string[]; lists: string[]; create: Create };

/** What it saw in the time that is measured. */
export interface JobResult {
  responses: number;
  /** How long was measured, in seconds. */
  seconds: number;
  /** User and system time, in seconds. */
  serverCpu: number;
  generatorCpu: number;
  /** 0 if no database server was named. */
  databaseCpu: number;
  /** The server's resident memory when the measurement ended, in bytes. */
  serverMemory: number;
  /** From the instant a request was due until its response was complete, in milliseconds. */
  latency: { p50: number; p99: number };
}

/** What the generator's process sends back. */
export type Reply = { result: JobResult } | { error: string };

/** How many connections the load has unless a measurement needs another number. */
export const CONNECTIONS = 64;

/** As this service creates users. */
export const CREATE_USER: Create = { path: '/users', status: 201 };
