import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeFigures } from './figures.ts';
import { CONNECTIONS, CREATE_USER, type JobResult, type What } from './generator/job.ts';
import { Generator } from './generator-process.ts';
import { type BesideRound, formatListReport, type ListRound, type PageRound } from './list-report.ts';
import { describeMachine } from './machine.ts';
import { Progress } from './progress.ts';
import { SEARCHED, seed, VERBS } from './seed-store.ts';
import { startOurs, type Target } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';

/**
 * Measures lists on a small and on a big store side by side, and what a deep page and the deletion of a user with many
 * tasks do to other requests. Writes RESULTS-lists.md. The big store is made once, which takes minutes, and kept in
 * node_modules/.seed. `--quick` only checks that the bench works: small numbers, which are not kept.
 */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const ROUNDS = quick ? 1 : 7;
const DELETE_ROUNDS = quick ? 1 : 5;
/** As many tasks an owner as in the big store. */
const SMALL = { users: 100, tasks: 1_000, heavyUsers: 0 };
const BIG = quick
  ? { users: 20_000, tasks: 200_000, heavyUsers: 1 }
  : { users: 1_000_000, tasks: 10_000_000, heavyUsers: 1 };
/** The page that the deep cursor goes on from; on the small store the last but some. */
const DEEP = quick ? 1_000 : 50_000;
const DEEP_SMALL = 20;

/** How long a case is measured, after a moment of warming up, in milliseconds. */
const TIMING = { warmup: 300, duration: 1_000 };
/** The load beside a deep page and a deletion: so many reads and so many writes a second. */
const RATE = 250;
const BESIDE = { warmup: 500, duration: quick ? 1_000 : 5_000 };

/** As many long lists as one token may have at the same time. Searches are long lists. */
const SEARCH_CONNECTIONS = 8;

const IDS = 500;
const SEED_STEPS = 40;
const STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];

const [readers, writers] = [new Generator(), new Generator()];

function measure(): Promise<string> {
  return withWorkFolder(async (folder) => {
    const date = new Date();
    const machine = describeMachine(folder);
    const small = await startSeeded(join(folder, 'small'), SMALL);
    const big = await startSeeded(join(folder, 'big'), BIG);
    let lists: ListRound[][];
    let filters: ListRound[][];
    let searches: ListRound[][];
    let pages: PageRound[];
    try {
      lists = await measureLists(CASES, small, big);
      filters = await measureLists(FILTERS, small, big);
      searches = await measureLists(SEARCHES, small, big);
      pages = await measureDeepPages(big);
    } finally {
      await Promise.all([small.server.kill(), big.server.kill()]);
    }
    const deletions = await measureDeletions(folder);
    const stores = { small: SMALL, big: BIG, deep: DEEP };
    return formatListReport({ date, machine, ...stores, lists, filters, searches, pages, deletions });
  });
}

type Size = typeof SMALL;

/** The service on a copy of a seeded store, which is made when there is none. */
async function startSeeded(folder: string, size: Size): Promise<Target> {
  const kept = join(import.meta.dirname, 'node_modules', '.seed');
  mkdirSync(kept, { recursive: true });
  const file = join(kept, `${size.users}-${size.tasks}-${size.heavyUsers}-with-words.db`);
  if (!existsSync(file)) {
    const progress = new Progress(SEED_STEPS);
    const tell = (what: string) => progress.step(`making ${size.users} users and ${size.tasks} tasks: ${what}`);
    seed({ ...size, file }, tell, SEED_STEPS);
    progress.end();
  }
  mkdirSync(folder);
  const copy = join(folder, 'bench.db');
  copyFileSync(file, copy);
  // Or the system would still be writing it while something else is measured.
  const handle = openSync(copy, 'r');
  fsyncSync(handle);
  closeSync(handle);
  return startOurs(folder);
}

/** The paths of a case, on a store with so many users and tasks. */
interface Case {
  name: string;
  /** By default, 64. */
  connections?: number;
  paths: (size: Size, target: Target) => string[] | Promise<string[]>;
}

const CASES: Case[] = [
  { name: '`GET /users/{userId}`', paths: ({ users }) => ids(users).map((id) => `/users/${id}`) },
  { name: '`GET /tasks/{taskId}`', paths: ({ tasks }) => ids(tasks).map((id) => `/tasks/${id}`) },
  { name: 'users, first page', paths: () => ['/users'] },
  { name: 'tasks, first page', paths: () => ['/tasks'] },
  { name: 'users by `lastName`', paths: () => ['/users?_sort=lastName', '/users?_sort=-lastName'] },
  { name: 'users by `contactEmail`', paths: () => ['/users?_sort=contactEmail', '/users?_sort=-contactEmail'] },
  { name: 'tasks by `dueDate`', paths: () => ['/tasks?_sort=dueDate', '/tasks?_sort=-dueDate'] },
  { name: 'tasks with a `taskStatus`', paths: () => STATUSES.map((status) => `/tasks?taskStatus=${status}`) },
  {
    name: 'tasks with a `taskStatus` by `dueDate`',
    paths: () => STATUSES.map((status) => `/tasks?taskStatus=${status}&_sort=-dueDate`),
  },
  { name: 'tasks by cursor, deep', paths: deepCursor('') },
  { name: 'tasks by `dueDate` by cursor, deep', paths: deepCursor('_sort=dueDate&') },
  { name: 'tasks by `taskStatus` by cursor, deep', paths: deepCursor('_sort=taskStatus&') },
];

const OPEN = STATUSES.slice(0, 4).join(',');
const NEVER_TOGETHER = VERBS.slice(0, 2).join('+');

/** What tasks are found by: filters and words. */
const FILTERS: Case[] = [
  {
    name: 'open tasks of an owner by `dueDate`',
    paths: ({ users, heavyUsers }) =>
      ids(users)
        .filter((id) => id > heavyUsers)
        .map((id) => `/tasks?userId=${id}&taskStatus=${OPEN}&_sort=dueDate`),
  },
  { name: '`overdue=true` by `dueDate`', paths: () => ['/tasks?overdue=true&_sort=dueDate'] },
  {
    name: '`_search`, a word of 100 tasks',
    connections: SEARCH_CONNECTIONS,
    paths: () => [`/tasks?_search=${SEARCHED.rare}`],
  },
  {
    name: '`_search`, a word of 100 tasks, by `dueDate`',
    connections: SEARCH_CONNECTIONS,
    paths: () => [`/tasks?_search=${SEARCHED.rare}&_sort=dueDate`],
  },
];

/** Searches whose cost has a limit of its own. */
const SEARCHES: Case[] = [
  {
    name: 'a word of every second task',
    connections: SEARCH_CONNECTIONS,
    paths: () => [`/tasks?_search=${SEARCHED.frequent}`],
  },
  {
    name: 'the same by `dueDate`',
    connections: SEARCH_CONNECTIONS,
    paths: () => [`/tasks?_search=${SEARCHED.frequent}&_sort=dueDate`],
  },
  {
    name: 'two words of every eighth task that no task has together',
    connections: SEARCH_CONNECTIONS,
    paths: () => [`/tasks?_search=${NEVER_TOGETHER}`],
  },
];

function ids(count: number): number[] {
  return Array.from({ length: IDS }, (_, i) => 1 + ((i * 618_033_989) % count));
}

function deepCursor(sort: string): Case['paths'] {
  return async (size, target) => {
    const page = size === SMALL ? DEEP_SMALL : DEEP;
    const response = await ask(target, `/tasks?${sort}_page=${page}`);
    const next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    if (next === undefined) throw new Error(`there is no page behind ${page}`);
    return [next];
  };
}

async function measureLists(cases: Case[], small: Target, big: Target): Promise<ListRound[][]> {
  const progress = new Progress(ROUNDS * cases.length);
  const paths = [];
  for (const { paths: of } of cases) paths.push({ small: await of(SMALL, small), big: await of(BIG, big) });
  const rounds: ListRound[][] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const results: ListRound[] = [];
    for (const [index, { name, connections }] of cases.entries()) {
      progress.step(`round ${round} of ${ROUNDS}: ${name}`);
      const of = paths[index] as { small: string[]; big: string[] };
      results.push({
        name,
        small: await run(readers, small, { kind: 'get', paths: of.small }, { connections, ...TIMING }),
        big: await run(readers, big, { kind: 'get', paths: of.big }, { connections, ...TIMING }),
      });
    }
    rounds.push(results);
  }
  progress.end();
  return rounds;
}

/** Reads and writes at a fixed rate, alone and beside one client that asks for a deep page all the time. */
async function measureDeepPages(big: Target): Promise<PageRound[]> {
  const progress = new Progress(ROUNDS);
  const rounds: PageRound[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress.step(`round ${round} of ${ROUNDS}: beside _page=${DEEP}`);
    const alone = await runBeside(big);
    let asking = true;
    let pages = 0;
    const client = (async () => {
      for (; asking; pages++) await ask(big, `/tasks?_page=${DEEP}`);
    })();
    const beside = await runBeside(big);
    asking = false;
    await client;
    rounds.push({ alone, beside, pages });
  }
  progress.end();
  return rounds;
}

/** The same, alone and beside the deletion of a user with many tasks, each time on a store of its own. */
async function measureDeletions(folder: string): Promise<BesideRound[]> {
  const progress = new Progress(DELETE_ROUNDS);
  const rounds: BesideRound[] = [];
  for (let round = 1; round <= DELETE_ROUNDS; round++) {
    progress.step(`round ${round} of ${DELETE_ROUNDS}: beside a deletion`);
    const own = join(folder, `deletion-${round}`);
    const target = await startSeeded(own, BIG);
    try {
      const alone = await runBeside(target);
      const deletion = sleep(BESIDE.warmup).then(() => ask(target, '/users/1', 'DELETE'));
      const beside = await runBeside(target);
      await deletion;
      rounds.push({ alone, beside });
    } finally {
      await target.server.kill();
      rmSync(own, { recursive: true });
    }
  }
  progress.end();
  return rounds;
}

async function runBeside(target: Target): Promise<{ reads: JobResult; writes: JobResult }> {
  const paths = ids(BIG.users)
    .filter((id) => id > BIG.heavyUsers)
    .map((id) => `/users/${id}`);
  const [reads, writes] = await Promise.all([
    run(readers, target, { kind: 'get', paths }, { rate: RATE, ...BESIDE }),
    run(writers, target, { kind: 'create', create: CREATE_USER }, { rate: RATE, ...BESIDE }),
  ]);
  return { reads, writes };
}

interface RunOptions {
  connections?: number | undefined;
  /** Requests a second, or null for as many as possible. */
  rate?: number | null;
  warmup: number;
  duration: number;
}

function run(
  generator: Generator,
  { server, token }: Target,
  what: What,
  { connections = CONNECTIONS, rate = null, ...timing }: RunOptions,
): Promise<JobResult> {
  return generator.run({ port: server.port, pid: server.pid, token, what, connections, rate, ...timing });
}

async function ask({ server, token }: Target, path: string, method = 'GET'): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${method} ${path} had the status ${response.status}`);
  return response;
}

try {
  const report = await measure();
  process.stdout.write(report);
  if (!quick) {
    writeFileSync(join(import.meta.dirname, 'RESULTS-lists.md'), report);
    writeFigures();
  }
} finally {
  readers.stop();
  writers.stop();
}
