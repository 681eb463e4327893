import { createInterface } from 'node:readline/promises';
import {
  ApiError,
  type ListTasksQuery,
  type ListUsersQuery,
  type NewTask,
  type NewUser,
  type Task,
  type TaskApi,
  type User,
} from '../../client/src/index.ts';
import { fromLocalTime } from '../transfer/local-time.ts';
import type { ImportedResource } from '../transfer/records.ts';
import { CliError } from './cli-error.ts';
import { type DataFlag, FIELD_FLAGS, FILTER_FLAGS, NUMBERS, TIMES } from './data-fields.ts';
import { connect, INTERACTIVE, type ServiceOptions, withService } from './service.ts';
import { formatItem, formatItems } from './table.ts';
import { redraw } from './watch.ts';

/** How many rows a terminal shows without `--limit`. */
const TERMINAL_LIMIT = 50;

export interface OutputOptions extends ServiceOptions {
  /** Print JSON, also on a terminal. */
  json: boolean;
}

export interface ListOptions extends OutputOptions {
  limit?: number;
  watch: boolean;
}

type Flags = Record<string, unknown>;
type Item = User | Task;

/** `users list` and `tasks list`: a table on a terminal, a line of JSON for each item elsewhere, a list with `--json`. */
export async function listItems(resource: ImportedResource, options: ListOptions & Flags): Promise<void> {
  await withService(options, async () => {
    const api = connect(options, INTERACTIVE);
    const query = valuesOf(FILTER_FLAGS[resource], options);
    if (options.watch) await redraw(api, resource, () => printList(api, resource, query, options));
    else await printList(api, resource, query, options);
  });
}

async function printList(api: TaskApi, resource: ImportedResource, query: Flags, options: ListOptions): Promise<void> {
  const isTable = process.stdout.isTTY && !options.json;
  const limit = options.limit ?? (isTable ? TERMINAL_LIMIT : Number.POSITIVE_INFINITY);
  // In one response if all are wanted.
  const items = limit === Number.POSITIVE_INFINITY ? stream(api, resource, query) : pages(api, resource, query);
  if (!isTable && !options.json && !options.watch) {
    for await (const item of take(items, limit)) await print(`${JSON.stringify(item)}\n`);
    return;
  }
  const found: Item[] = [];
  // One more, to know whether there are more.
  for await (const item of take(items, limit + 1)) found.push(item);
  const shown = found.slice(0, limit);
  await print(isTable ? formatItems(resource, shown) : `${JSON.stringify(shown)}\n`);
  if (found.length > limit && options.limit === undefined) {
    process.stderr.write(`The first ${limit} are shown. Set --limit for more, or a filter\n`);
  }
}

function pages(api: TaskApi, resource: ImportedResource, query: Flags): AsyncIterable<Item> {
  return resource === 'users' ? api.users.list(query as ListUsersQuery) : api.tasks.list(query as ListTasksQuery);
}

function stream(api: TaskApi, resource: ImportedResource, query: Flags): AsyncIterable<Item> {
  return resource === 'users' ? api.users.stream(query as ListUsersQuery) : api.tasks.stream(query as ListTasksQuery);
}

async function* take<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let taken = 0;
  if (count <= 0) return;
  for await (const item of items) {
    yield item;
    if (++taken >= count) return;
  }
}

/** `get`. */
export async function getItem(resource: ImportedResource, id: number, options: OutputOptions): Promise<void> {
  await withService(options, async () => {
    const api = connect(options, INTERACTIVE);
    await printItem(resource === 'users' ? await api.users.get(id) : await api.tasks.get(id), options);
  });
}

/** `create`. */
export async function createItem(resource: ImportedResource, options: OutputOptions & Flags): Promise<void> {
  const fields = valuesOf(FIELD_FLAGS[resource], options);
  await withService(options, async () => {
    const api = connect(options, INTERACTIVE);
    const item =
      resource === 'users'
        ? await api.users.create(fields as unknown as NewUser)
        : await api.tasks.create({ warningOffset: 0, ...fields } as unknown as NewTask);
    await printItem(item, options);
  });
}

/** `update`. */
export async function updateItem(
  resource: ImportedResource,
  id: number,
  options: OutputOptions & Flags,
): Promise<void> {
  const changes = valuesOf(FIELD_FLAGS[resource], options);
  if (changes.taskDescription === '') changes.taskDescription = null;
  if (Object.keys(changes).length === 0) throw new CliError('nothing to change; set at least one field');
  await withService(options, async () => {
    const api = connect(options, INTERACTIVE);
    const item = resource === 'users' ? await api.users.update(id, changes) : await api.tasks.update(id, changes);
    await printItem(item, options);
  });
}

/** `delete`. On a terminal, it asks first, and says what goes with a user. If one does not exist, it deletes the others. */
export async function deleteItems(
  resource: ImportedResource,
  ids: readonly number[],
  options: ServiceOptions & { yes: boolean },
): Promise<void> {
  await withService(options, async () => {
    const api = connect(options, INTERACTIVE);
    if (process.stdin.isTTY && !options.yes) await confirmDeletion(api, resource, ids);
    const one = resource === 'users' ? 'User' : 'Task';
    for (const id of ids) {
      try {
        await (resource === 'users' ? api.users.delete(id) : api.tasks.delete(id));
        process.stderr.write(`${one} ${id} is deleted.\n`);
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        process.stderr.write(`${one} ${id} does not exist.\n`);
        process.exitCode = 1;
      }
    }
  });
}

async function confirmDeletion(api: TaskApi, resource: ImportedResource, ids: readonly number[]): Promise<void> {
  let tasks = 0;
  if (resource === 'users') {
    for (const userId of ids) tasks += (await api.tasks.listPage({ userId, perPage: 1 }, { count: true })).total ?? 0;
  }
  const what = `${ids.length} ${ids.length === 1 ? resource.slice(0, -1) : resource}${tasks > 0 ? ` with ${tasks} tasks` : ''}`;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const reply = await terminal.question(`Delete ${what}? [y/N] `);
  terminal.close();
  if (!/^y(?:es)?$/i.test(reply.trim())) throw new CliError('nothing is deleted');
}

async function printItem(item: object, { json }: OutputOptions): Promise<void> {
  await print(process.stdout.isTTY && !json ? formatItem(item) : `${JSON.stringify(item)}\n`);
}

/** The values of flags as the API expects them. Those that are not understood are sent unchanged, so the API says what is allowed. */
function valuesOf(flags: readonly DataFlag[], options: Flags): Flags {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const given = flags.filter(({ name }) => options[name] !== undefined);
  return Object.fromEntries(
    given.map(({ name }) => {
      const value = String(options[name]);
      if (NUMBERS.has(name) && /^\d{1,15}$/.test(value)) return [name, Number(value)];
      return [name, TIMES.has(name) ? (fromLocalTime(value, timeZone) ?? value) : value];
    }),
  );
}

/** Waits while the reader is slow. */
function print(output: string): Promise<void> | undefined {
  if (process.stdout.write(output)) return undefined;
  return new Promise((resolve) => process.stdout.once('drain', resolve));
}
