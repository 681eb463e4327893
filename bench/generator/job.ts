/** What the generator is asked to do. */
export interface Job {
  /** The server's port on 127.0.0.1. */
  port: number;
  /** The server's process, whose CPU time is measured. */
  pid: number;
  /** The first process of a database server, whose CPU time is measured as well, with that of all its children. */
  databasePid?: number;
  /** The bearer token of every request. */
  token: string;
  what: What;
  /** Requests a second, or null for as many as the server answers. */
  rate: number | null;
  /** How long the load is on before anything is measured, and how long it is measured, in milliseconds. */
  warmup: number;
  duration: number;
}

/**
 * `create` is POST /users with a new address each time, and when `keyed` with a new `Idempotency-Key` as well; `read` is
 * GET /users/{userId} for an id of 1 to `users`; `paths` is GET of each of these in turn.
 */
export type What =
  | { kind: 'create'; keyed?: boolean }
  | { kind: 'read'; users: number }
  | { kind: 'paths'; paths: string[] };

/** What it saw in the time that is measured. */
export interface JobResult {
  answers: number;
  /** How long was measured, in seconds. */
  seconds: number;
  /** User and system time, in seconds. */
  serverCpu: number;
  generatorCpu: number;
  /** 0 where no database server was named. */
  databaseCpu: number;
  /** From the instant a request was due until its answer was there, in milliseconds. */
  latency: { p50: number; p99: number };
}

/** What the generator's process sends back. */
export type Reply = { result: JobResult } | { error: string };

/** How many connections carry the requests, each one at a time. */
export const CONNECTIONS = 64;
