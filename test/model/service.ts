import type { LightMyRequestResponse } from 'fastify';
import { spell } from '../formats/date-times.ts';
import type { TestApp } from '../support/app.ts';
import { formatSort, NAMES } from './expectations.ts';
import { type Kind, type ListOrder, Model, type ModelTask, type ModelUser, type TaskFields } from './model.ts';
import type { ListStep, Pick, Step, TaskChanges } from './steps.ts';

/** The time at the start of each sequence. */
const START = Date.parse('2026-03-01T12:00:00Z');

/** An id that no row gets. */
export const UNUSED_ID = Number.MAX_SAFE_INTEGER;

export type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;
export type Body = Record<string, unknown>;

/** Counts what the sequences did, so that the test can check that they cover enough. */
export class Tally {
  readonly counts: Record<string, number> = {};

  add(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** A `next` link that was saved, and the row that it continues after. */
interface Held {
  order: ListOrder;
  next: string;
  position: ModelUser | ModelTask;
  /** The ids of the rows after it at that time. */
  after: number[];
}

/** An application without users and tasks, and the model that its responses are compared with. */
export class Service {
  readonly model = new Model();
  readonly held: Held[] = [];
  /** The highest ids so far. */
  readonly highest: Record<Kind, number> = { users: 0, tasks: 0 };
  readonly tally: Tally;
  readonly #app: TestApp;

  constructor(app: TestApp, tally: Tally) {
    this.#app = app;
    this.tally = tally;
    app.clock.now = START;
  }

  get clock(): { now: number } {
    return this.#app.clock;
  }

  async send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: Body,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    const type = body === undefined ? undefined : { 'content-type': 'application/json' };
    const payload = body === undefined ? undefined : { payload: JSON.stringify(body) };
    const response = await this.#app.request({ method, url, headers: { ...type, ...headers }, ...payload });
    this.tally.add(`${method} ${response.statusCode}`);
    return response;
  }
}

export function idOf(service: Service, kind: Kind, { gone, nth }: Pick): number {
  const ids = gone ? service.model.gone[kind] : [...service.model.rows(kind).keys()];
  return ids[nth % ids.length] ?? UNUSED_ID;
}

export function owner(service: Service, { userId }: TaskChanges): { userId?: number } {
  return userId === undefined ? {} : { userId: idOf(service, 'users', userId) };
}

export function newTask(service: Service, task: TaskChanges): TaskFields {
  const missing = { taskDescription: null, taskStatus: 'NOT_STARTED' };
  return { ...missing, ...task, ...owner(service, task) } as TaskFields;
}

export function resolve(
  service: Service,
  list: ListStep,
): {
  order: ListOrder;
  query: URLSearchParams;
} {
  const { kind, sort, perPage, owner, ids, statuses, dueAfter, dueBefore, overdue, address, since, search } = list;
  const query = new URLSearchParams();
  const order: ListOrder = { kind, sort, filter: {} };
  if (sort.length > 0) query.set('_sort', formatSort(sort));
  if (perPage !== undefined) query.set('_perPage', String(perPage));
  if (owner !== undefined) {
    order.filter.userId = idOf(service, 'users', owner);
    query.set('userId', String(order.filter.userId));
  }
  if (ids !== undefined) {
    order.filter.ids = ids.map((which) => idOf(service, kind, which));
    query.set(NAMES[kind].id, order.filter.ids.join(','));
  }
  if (statuses !== undefined) {
    order.filter.taskStatuses = statuses;
    query.set('taskStatus', statuses.join(','));
  }
  for (const [name, due] of Object.entries({ dueAfter, dueBefore })) {
    if (due === undefined) continue;
    Object.assign(order.filter, { [name]: due });
    query.set(name, due.text);
  }
  if (overdue !== undefined) {
    order.filter.overdue = { value: overdue, at: service.clock.now };
    query.set('overdue', String(overdue));
  }
  for (const name of ['firstName', 'lastName'] as const) {
    const text = list[name];
    if (text === undefined) continue;
    order.filter[name] = text;
    query.set(name, text);
  }
  if (address !== undefined) {
    order.filter.contactEmail = address;
    query.set('contactEmail', address.text);
  }
  if (search !== undefined) {
    order.filter.search = search;
    query.set('_search', search);
  }
  if (since !== undefined) {
    const rows = [...service.model.rows(kind).values()];
    order.filter.since = (rows[since.nth % rows.length]?.updatedAt ?? service.clock.now) + since.apart;
    query.set('updatedSince', spell(BigInt(order.filter.since) * 1000n + BigInt(since.finer), since.how).text);
  }
  return { order, query };
}
