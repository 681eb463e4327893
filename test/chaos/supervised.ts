import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** How long to wait before a program that exited is started again. */
const RESTART_DELAY_MS = 1_000;

export interface Command {
  /** The program and its arguments. */
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** The file to which it appends its output. */
  log: string;
}

/** A program that is started again when it exits, as a service manager does it. */
export class Supervised {
  readonly name: string;
  readonly #command: () => Command;
  #child: ChildProcess | undefined;
  #isWanted = false;
  #timer: NodeJS.Timeout | undefined;
  /** How often it exited without {@link stop}. */
  exits = 0;

  /** @param command is called at each start. */
  constructor(name: string, command: () => Command) {
    this.name = name;
    this.#command = command;
  }

  start(): void {
    this.#isWanted = true;
    clearTimeout(this.#timer);
    if (this.#child !== undefined) return;
    const { args, env = {}, log } = this.#command();
    const [program = '', ...rest] = args;
    const output = openSync(log, 'a');
    const child = spawn(program, rest, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
    closeSync(output);
    this.#child = child;
    child.once('exit', () => {
      this.#child = undefined;
      if (!this.#isWanted) return;
      this.exits++;
      this.#timer = setTimeout(() => this.start(), RESTART_DELAY_MS);
    });
  }

  /** Stops it, and does not start it again. Resolves when it has exited. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    if (signal === 'SIGKILL') this.signal(signal);
    else child.kill(signal);
    await exited;
  }

  /** Sends a signal to it and all its children. It is started again if it exits. */
  signal(signal: NodeJS.Signals): void {
    for (const pid of this.pids()) sendSignal(pid, signal);
  }

  /** Its process and those below, parents first. */
  pids(): number[] {
    const pid = this.#child?.pid;
    if (pid === undefined) return [];
    const parents = readParents();
    const pids = [pid];
    for (const one of pids) pids.push(...parents.filter(([, parent]) => parent === one).map(([child]) => child));
    return pids;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has exited.
  }
}

/** The parent of each process. */
function readParents(): [pid: number, parent: number][] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid): [number, number][] => {
    try {
      // The name of the program may contain anything, except after the last parenthesis.
      const [, , parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/s, '').split(' ');
      return [[Number(pid), Number(parent)]];
    } catch {
      return [];
    }
  });
}
