import { setTimeout as sleep } from 'node:timers/promises';
import { TaskApi } from '../../client/src/index.ts';
import type { ApiEvent, EventType, Task, User } from '../../client/src/types.ts';
import { EVENT_TYPES } from '../../src/events/schema.ts';
import { seededRandom } from '../durability/random.ts';
import { checkDeliveries } from './check-deliveries.ts';
import { checkReminders } from './check-events.ts';
import {
  type Follower,
  type History,
  type Operation,
  parseTitle,
  type Seen,
  type SeenEvent,
  type Stored,
  toTitle,
} from './history.ts';
import { ADDRESSES } from './network.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import type { Topology } from './topology.ts';
import { Writer } from './writer.ts';

const WRITERS = 6;
const FOLLOWERS = 2;
const WEBHOOKS = ['hook-a', 'hook-b'];
const RECEIVER_PORT = 9000;
/** After the last write. */
const DRAIN_TIMEOUT_MS = 180_000;
/** What the service sends again by itself within this time, it must: longer than the delay after a third attempt. */
const OWN_RETRIES_MS = 150_000;
const DRAIN_INTERVAL_MS = 2_000;
/** What is not part of the load has time: it is not what fails. */
const DEADLINE_MS = 600_000;
const COUNTER = 'counter';
const DAY_MS = 86_400_000;

/** The clients of a run. */
export class Load {
  readonly operations: Operation[] = [];
  readonly followers: Follower[] = [];
  readonly #api: TaskApi;
  readonly #receiver: Receiver;
  readonly #webhookIds: number[] = [];
  readonly #writing = new AbortController();
  readonly #following = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #followed: Promise<void>[] = [];

  static async start(topology: Topology, seed: number, now: () => number): Promise<Load> {
    const { baseUrl, token } = topology;
    const api = new TaskApi({ baseUrl, token, deadlineMs: DEADLINE_MS, fetch: fetchCurrent });
    const receiver = await startReceiver({ host: ADDRESSES.runner, port: RECEIVER_PORT }, seededRandom(seed + 1), now);
    const load = new Load(api, receiver);
    for (const name of WEBHOOKS) {
      const url = `http://${ADDRESSES.runner}:${RECEIVER_PORT}/${name}`;
      const { webhookId, secret } = await api.webhooks.create({ url, events: EVENT_TYPES as EventType[] });
      load.#webhookIds.push(webhookId);
      receiver.secrets.set(name, secret as string);
    }
    const after = await api.events.last();
    for (let i = 1; i <= FOLLOWERS; i++) load.#follow({ name: `follower-${i}`, after, events: [] }, now);
    const counter = { resource: COUNTER, taskId: await load.#createCounter(now) };
    for (let i = 1; i <= WRITERS; i++) {
      const name = `writer-${i}`;
      const scopes = ['users:read', 'users:write', 'tasks:read', 'tasks:write'] as const;
      const created = await api.tokens.create({ name, scopes: [...scopes], plan: topology.plan });
      const writer = new Writer({
        ...{ name, baseUrl, token: created.token as string, random: seededRandom(seed + 100 + i), now, counter },
        record: (operation) => load.operations.push(operation),
        signal: load.#writing.signal,
      });
      load.#running.push(writer.run());
    }
    return load;
  }

  private constructor(api: TaskApi, receiver: Receiver) {
    this.#api = api;
    this.#receiver = receiver;
  }

  /** Ends the writes, waits for what follows from them, and returns all that was observed. */
  async stop(): Promise<History> {
    this.#writing.abort();
    await Promise.all(this.#running);
    this.#receiver.acceptAll();
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    const ownRetriesUntil = Date.now() + OWN_RETRIES_MS;
    // If something is still missing then, the check of the history reports it.
    let history = await this.#read();
    while (!isComplete(history) && performance.now() < deadline) {
      await this.#redeliver(ownRetriesUntil);
      await sleep(DRAIN_INTERVAL_MS);
      history = await this.#read();
    }
    this.#following.abort();
    await Promise.all(this.#followed);
    this.#receiver.close();
    return history;
  }

  /** Sends again now what the service would send only after a time (milliseconds since the epoch), such as half an hour later. */
  async #redeliver(after: number): Promise<void> {
    for (const webhookId of this.#webhookIds) {
      for await (const { deliveryId, nextAttemptAt } of this.#api.webhooks.deliveries(webhookId, {
        state: 'pending',
      })) {
        if (nextAttemptAt !== undefined && Date.parse(nextAttemptAt) > after) {
          await this.#api.webhooks.redeliver(webhookId, deliveryId);
        }
      }
    }
  }

  async #read(): Promise<History> {
    const { deliveries } = this.#receiver;
    const events = await Array.fromAsync(this.#api.events.list({ after: 0, perPage: 1_000 }));
    const stored: Stored[] = [];
    for await (const user of this.#api.users.stream()) stored.push(toStored(user));
    for await (const task of this.#api.tasks.stream()) stored.push(toStored(task));
    const { operations, followers } = this;
    return {
      operations,
      followers,
      deliveries,
      webhooks: WEBHOOKS,
      feed: events.map((event) => toSeenEvent(event)),
      stored,
    };
  }

  async #createCounter(now: () => number): Promise<number> {
    const owner = { resource: 'setup/u1', version: 1 };
    const counter = { resource: COUNTER, version: 1 };
    const client = 'setup';
    const outcome = 'acknowledged';
    const user = { firstName: owner.resource, lastName: 'v1', contactEmail: 'setup@example.com' };
    let start = now();
    const { userId } = await this.#api.users.create(user);
    this.operations.push({ client, kind: 'create', start, end: now(), outcome, ...owner, key: `user/${userId}` });
    start = now();
    const dueDate = new Date(Date.now() + 365 * DAY_MS).toISOString();
    const task = { userId, taskTitle: toTitle(counter), dueDate, warningOffset: 0 };
    const { taskId } = await this.#api.tasks.create(task);
    const key = `task/${taskId}`;
    this.operations.push({
      client,
      kind: 'create',
      start,
      end: now(),
      outcome,
      ...counter,
      owner: owner.resource,
      key,
    });
    return taskId;
  }

  #follow(follower: Follower, now: () => number): void {
    this.followers.push(follower);
    const { signal } = this.#following;
    const run = async () => {
      for await (const event of this.#api.events.follow({ after: follower.after, signal })) {
        follower.events.push(toSeenEvent(event, now()));
      }
    };
    this.#followed.push(run());
  }
}

/** Does not read from a replica that is behind. */
const fetchCurrent: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('cache-control', 'no-cache');
  return fetch(input, { ...init, headers });
};

/** Whether everything that follows from the writes has happened. */
function isComplete(history: History): boolean {
  const last = history.feed.at(-1)?.sequence ?? 0;
  const isBehind = history.followers.some(({ events }) => (events.at(-1)?.sequence ?? 0) < last);
  const late = [...checkReminders(history), ...checkDeliveries(history)];
  return !isBehind && !late.some(({ kind }) => kind === 'reminder missing' || kind === 'webhook lost');
}

function toSeenEvent({ sequence, type, data }: ApiEvent, at?: number): SeenEvent {
  const fields = data as Partial<Task & User> & { userId: number };
  const seen = toSeen(fields);
  const owner = `user/${fields.userId}`;
  const key = fields.taskId === undefined ? owner : `task/${fields.taskId}`;
  return { sequence, type, key, owner, ...(seen && { seen }), ...(at !== undefined && { at }) };
}

function toStored(fields: User | Task): Stored {
  const key = 'taskId' in fields ? `task/${fields.taskId}` : `user/${fields.userId}`;
  return { key, ...(toSeen(fields) ?? { resource: `unknown ${key}`, version: 0 }) };
}

function toSeen(fields: Partial<Task & User>): Seen | undefined {
  return parseTitle(fields.taskTitle ?? `${fields.firstName} ${fields.lastName}`);
}
