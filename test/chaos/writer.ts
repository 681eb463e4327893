import { ApiError, TaskApi } from '../../client/src/index.ts';
import type { Operation, Outcome } from './history.ts';
import { parseTitle, toTitle } from './history.ts';

/** How long an attempt may take: longer than the service waits for its database. */
const TIMEOUT_MS = 5_000;
/** How long a call may take with its retries. */
const DEADLINE_MS = 25_000;
/** How often a creation is called with the same key, until its outcome is known. */
const MAX_CREATIONS = 3;
/** Pauses between two calls last as long on average. */
const THINK_MS = 250;
/** How many resources a client keeps at most. */
const MAX_OWN = 40;
const DAY_MS = 86_400_000;
const BATCH_SIZE = 5;
/** After its creation, a task is due for a reminder within this time. */
const MAX_REMINDER_MS = 20_000;

interface Resource {
  resource: string;
  id: number;
  version: number;
  /** Undefined if the outcome of its last write is unknown. */
  etag: string | undefined;
}

type OwnUser = Resource & { tasks: Resource[]; isRetried: boolean };

export interface WriterOptions {
  name: string;
  baseUrl: string;
  token: string;
  random: () => number;
  /** Milliseconds since the start of the run. */
  now: () => number;
  record: (operation: Operation) => void;
  signal: AbortSignal;
  /** A task that all clients change. */
  counter: { taskId: number; resource: string };
}

/** A client that creates, changes, reads, lists and deletes users and tasks of its own, one call after the other. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #api: TaskApi;
  readonly #users: OwnUser[] = [];
  #created = 0;
  #retries = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#api = new TaskApi({
      ...{ baseUrl: options.baseUrl, token: options.token, timeoutMs: TIMEOUT_MS, deadlineMs: DEADLINE_MS },
      onRetry: () => this.#retries++,
    });
  }

  /** Resolves when the signal is aborted and the last call has ended. */
  async run(): Promise<void> {
    const { signal, random } = this.#options;
    while (!signal.aborted) {
      await this.#act();
      await new Promise((resolve) => setTimeout(resolve, 2 * THINK_MS * random()));
    }
  }

  async #act(): Promise<void> {
    const user = this.#pick(this.#users);
    const chance = this.#options.random();
    if (user === undefined || (chance < 0.05 && this.#users.length < MAX_OWN / 4)) return this.#createUser();
    if (chance < 0.06) return this.#deleteUser(user);
    if (chance < 0.1) return this.#createBatch(user);
    if (chance < 0.18) return this.#count();
    if (chance < 0.26) return this.#list(user);
    const task = this.#pick(user.tasks);
    if (task === undefined || (chance < 0.5 && user.tasks.length < MAX_OWN)) return this.#createTask(user);
    if (chance < 0.57) return this.#deleteTask(user, task);
    if (chance < 0.75 || task.etag === undefined) return this.#read(user, task);
    return this.#updateTask(user, task);
  }

  async #createUser(): Promise<void> {
    const resource = this.#nextName('u');
    const [firstName = '', lastName = ''] = toTitle({ resource, version: 1 }).split(' ');
    const contactEmail = `${resource.replace('/', '-')}@example.com`;
    const created = await this.#create({ resource }, (idempotencyKey) =>
      this.#api.users.create({ firstName, lastName, contactEmail }, { idempotencyKey }).withResponse(),
    );
    if (created === undefined) return;
    const { userId: id } = created.data;
    this.#users.push({ resource, id, version: 1, etag: created.etag, tasks: [], isRetried: created.isRetried });
  }

  async #createTask(user: OwnUser): Promise<void> {
    const resource = this.#nextName('t');
    const reminder = this.#options.random() < 0.15;
    const task = this.#newTask(user, resource, reminder);
    const created = await this.#create(
      { resource, owner: user.resource, ...(reminder && { reminder }) },
      (idempotencyKey) => this.#api.tasks.create(task, { idempotencyKey }).withResponse(),
    );
    // A task with a reminder is left as it is.
    if (created === undefined || reminder) return;
    user.tasks.push({ resource, id: created.data.taskId, version: 1, etag: created.etag });
  }

  async #createBatch(user: OwnUser): Promise<void> {
    const batch = this.#nextName('b');
    const names = Array.from({ length: BATCH_SIZE }, () => this.#nextName('t'));
    const tasks = names.map((name) => this.#newTask(user, name, false));
    const start = this.#options.now();
    const operations = names.map((resource) => ({ resource, owner: user.resource, batch }));
    const created = await this.#callUntilKnown((idempotencyKey) =>
      this.#api.tasks.createBatch(tasks, { idempotencyKey }),
    );
    for (const [i, operation] of operations.entries()) {
      const id = created.data?.[i]?.taskId;
      const key = id === undefined ? {} : { key: `task/${id}` };
      this.#record({ kind: 'create', start, ...operation, version: 1, ...created.result, ...key });
      if (id !== undefined) user.tasks.push({ resource: operation.resource, id, version: 1, etag: undefined });
    }
  }

  #newTask(user: OwnUser, resource: string, isDueSoon: boolean) {
    // A day after its reminder, so that it is not overdue for a process whose clock is ahead.
    const remindInMs = isDueSoon ? MAX_REMINDER_MS * this.#options.random() : 7 * DAY_MS;
    const dueDate = new Date(Date.now() + DAY_MS + remindInMs).toISOString();
    return { userId: user.id, taskTitle: toTitle({ resource, version: 1 }), dueDate, warningOffset: 24 * 60 };
  }

  async #updateTask({ resource: owner }: OwnUser, task: Resource): Promise<void> {
    // Also a version whose outcome is unknown is not sent again.
    const version = ++task.version;
    const { resource, etag } = task;
    const start = this.#options.now();
    const call = await this.#call(() =>
      this.#api.tasks.update(task.id, { taskTitle: toTitle({ resource, version }) }, { ifMatch: etag }).withResponse(),
    );
    this.#record({ kind: 'update', start, resource, owner, version, ...call.result });
    task.etag = call.data?.etag;
  }

  async #deleteTask(user: OwnUser, task: Resource): Promise<void> {
    user.tasks.splice(user.tasks.indexOf(task), 1);
    const { resource } = task;
    const start = this.#options.now();
    const call = await this.#call(() => this.#api.tasks.delete(task.id));
    this.#record({ kind: 'delete', start, resource, owner: user.resource, ...call.result });
    if (call.result.outcome === 'acknowledged') await this.#readBack('task', task);
  }

  async #deleteUser(user: OwnUser): Promise<void> {
    // A creation that was sent again may still be in flight, and would create the user again: its key is deleted too.
    if (user.isRetried || this.#users.length < 3) return;
    this.#users.splice(this.#users.indexOf(user), 1);
    const start = this.#options.now();
    const call = await this.#call(() => this.#api.users.delete(user.id));
    this.#record({ kind: 'delete', start, resource: user.resource, ...call.result });
    if (call.result.outcome === 'acknowledged') await this.#readBack('user', user);
  }

  async #read(user: OwnUser, task: Resource): Promise<void> {
    if (this.#options.random() < 0.15) await this.#readBack('user', user);
    await this.#readBack('task', task);
  }

  /** Reads a resource. After a write whose outcome is unknown, this gives the entity tag for the next one. */
  async #readBack(type: 'task' | 'user', resource: Resource): Promise<void> {
    const start = this.#options.now();
    const { id } = resource;
    const call = await this.#call(async () => {
      if (type === 'user') {
        const { data, etag } = await this.#api.users.get(id).withResponse();
        return { title: `${data.firstName} ${data.lastName}`, etag };
      }
      const { data, etag } = await this.#api.tasks.get(id).withResponse();
      return { title: data.taskTitle, etag };
    });
    const isMissing = call.status === 404;
    if (call.data === undefined && !isMissing) return;
    const version = parseTitle(call.data?.title ?? '')?.version;
    const seen = version === undefined ? {} : { version };
    this.#record({ kind: 'read', start, resource: resource.resource, ...seen, outcome: 'acknowledged' });
    resource.etag = call.data?.etag ?? resource.etag;
  }

  async #list(user: OwnUser): Promise<void> {
    const start = this.#options.now();
    const call = await this.#call(() => Array.fromAsync(this.#api.tasks.list({ userId: user.id, perPage: 100 })));
    if (call.data === undefined) return;
    const found = call.data.flatMap(({ taskTitle }) => parseTitle(taskTitle) ?? []);
    this.#record({ kind: 'list', start, resource: user.resource, found, outcome: 'acknowledged' });
  }

  /** Reads the counter, and writes the next version unless another client has. */
  async #count(): Promise<void> {
    const { taskId, resource } = this.#options.counter;
    const start = this.#options.now();
    const read = await this.#call(() => this.#api.tasks.get(taskId).withResponse());
    const version = parseTitle(read.data?.data.taskTitle ?? '')?.version;
    if (read.data === undefined || version === undefined) return;
    this.#record({ kind: 'read', start, resource, version, outcome: 'acknowledged' });
    const { etag } = read.data;
    const startWrite = this.#options.now();
    const taskTitle = toTitle({ resource, version: version + 1 });
    const write = await this.#call(() => this.#api.tasks.update(taskId, { taskTitle }, { ifMatch: etag }));
    this.#record({ kind: 'update', start: startWrite, resource, version: version + 1, ...write.result });
  }

  async #create<T extends { userId: number; taskId?: number }>(
    operation: Pick<Operation, 'resource' | 'owner' | 'reminder'>,
    send: (idempotencyKey: string) => Promise<{ data: T; etag: string | undefined }>,
  ) {
    const start = this.#options.now();
    const { data, result, isRetried } = await this.#callUntilKnown(send);
    const created = data?.data;
    const id = created?.taskId === undefined ? `user/${created?.userId}` : `task/${created.taskId}`;
    this.#record({ kind: 'create', start, ...operation, version: 1, ...result, ...(created && { key: id }) });
    return data && { ...data, isRetried };
  }

  /** Repeats a creation with the same key until its outcome is known, as a program that restarts would. */
  async #callUntilKnown<T>(send: (idempotencyKey: string) => Promise<T>) {
    const key = crypto.randomUUID();
    let call = await this.#call(() => send(key));
    for (let calls = 1; calls < MAX_CREATIONS && call.result.outcome === 'unknown'; calls++) {
      call = { ...(await this.#call(() => send(key))), isRetried: true };
    }
    return call;
  }

  async #call<T>(send: () => Promise<T>): Promise<Call<T>> {
    const before = this.#retries;
    try {
      const data = await send();
      return { data, result: { outcome: 'acknowledged' }, isRetried: this.#retries > before };
    } catch (error) {
      const isRetried = this.#retries > before;
      const status = error instanceof ApiError ? error.status : undefined;
      const isRejected = !isRetried && status !== undefined && status < 500 && status !== 408;
      const outcome = isRejected ? 'rejected' : 'unknown';
      return { status, result: { outcome, error: String(error) }, isRetried };
    }
  }

  #record(operation: Omit<Operation, 'client' | 'end'>): void {
    const { name, now, record } = this.#options;
    record({ client: name, end: now(), ...operation });
  }

  #nextName(type: 'u' | 't' | 'b'): string {
    return `${this.#options.name}/${type}${++this.#created}`;
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[Math.floor(this.#options.random() * values.length)];
  }
}

interface Call<T> {
  data?: T;
  /** Of the last response, if it was an error. */
  status?: number | undefined;
  result: { outcome: Outcome; error?: string };
  /** Whether it was sent more than once. */
  isRetried: boolean;
}
