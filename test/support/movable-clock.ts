import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerProcess } from './server-process.ts';

/** In the environment of a process that imports this file first: the file with the milliseconds that its clock is ahead. */
const VARIABLE = 'TEST_CLOCK_FILE';

/** The clock of a server process, which a test moves forward. */
export interface MovableClock {
  /** The wrapper program and its arguments, for `startServer`. */
  wrap: string[];
  /** The present of the server, in milliseconds since the epoch. */
  now: () => number;
  advance: (server: ServerProcess, milliseconds: number) => void;
}

/** @param file is created. */
export function movableClock(file: string): MovableClock {
  let ahead = 0;
  const save = () => writeFileSync(file, String(ahead));
  save();
  return {
    wrap: ['env', `NODE_OPTIONS=--import=${import.meta.filename}`, `${VARIABLE}=${file}`],
    now: () => Date.now() + ahead,
    advance: (server, milliseconds) => {
      ahead += milliseconds;
      save();
      server.process.kill('SIGUSR2');
    },
  };
}

const file = process.env[VARIABLE];
if (file !== undefined) {
  const actual = Date.now;
  let ahead = Number(readFileSync(file, 'utf8'));
  Date.now = () => actual() + ahead;
  process.on('SIGUSR2', () => {
    ahead = Number(readFileSync(file, 'utf8'));
  });
}
