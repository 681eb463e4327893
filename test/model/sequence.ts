import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { spell } from '../formats/date-times.ts';
import type { TestApp } from '../support/app.ts';
import { assertLinks, linkTo } from './links.ts';
import {
  type ExpectedError,
  type Kind,
  type ListOrder,
  Model,
  type ModelTask,
  type ModelUser,
  NOT_FOUND,
  show,
  type TaskFields,
} from './model.ts';
import type { ListStep, Match, Pick, Step, TaskChanges, Twist, UserChanges } from './steps.ts';

/** When every sequence begins. */
const BEGIN = Date.parse('2026-03-01T12:00:00Z');

/** An id that is never given out here. */
const NOBODY = Number.MAX_SAFE_INTEGER;

const NAMES = { users: { id: 'userId', path: '/users' }, tasks: { id: 'taskId', path: '/tasks' } };
const OTHER: Record<Kind, Kind> = { users: 'tasks', tasks: 'users' };

/** A user with more tasks than this is deleted in a way of its own, which nobody may notice. */
const MANY_TASKS = 16;

/** What a run came across, so that it is known to have looked where it should. */
export class Tally {
  readonly counts: Record<string, number> = {};

  add(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** A `next` link that was kept, and the place that it goes on from. */
interface Held {
  order: ListOrder;
  next: string;
  place: ModelUser | ModelTask;
  /** The ids of the rows that came after it then. */
  after: number[];
}

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;
type Body = Record<string, unknown>;

/**
 * Sends a sequence of steps to an application and compares every answer with what the model says. The application must
 * have no users and no tasks; it may have had some.
 */
export class Sequence {
  readonly #app: TestApp;
  readonly #model = new Model();
  readonly #held: Held[] = [];
  readonly #highest: Record<Kind, number> = { users: 0, tasks: 0 };
  readonly #tally: Tally;

  constructor(app: TestApp, tally: Tally) {
    this.#app = app;
    this.#tally = tally;
    app.clock.now = BEGIN;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#take(step);
    for (const kind of ['users', 'tasks'] as const) {
      await this.#walkFrom({ kind, sort: [], filter: {} }, new URLSearchParams({ _perPage: '100' }), true);
    }
  }

  /** Leaves no users and no tasks behind. */
  async cleanUp(): Promise<void> {
    for (const { id } of [...this.#model.users.values()]) await this.#delete('users', id);
    for (const kind of ['users', 'tasks'] as const) {
      const answer = await this.#send('GET', NAMES[kind].path);
      assertOk(answer, { [kind]: [] });
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'createUser':
        return this.#createUser(step);
      case 'raceUsers':
        return this.#raceUsers(step);
      case 'patchUser':
        return this.#patchUser(step);
      case 'createTask':
        return this.#createTask(step);
      case 'createTasks':
        return this.#createTasks(step);
      case 'patchTask':
        return this.#patchTask(step);
      case 'get':
        return this.#get(step);
      case 'delete':
        return this.#delete(step.kind, this.#idOf(step.kind, step.which));
      case 'turnClock':
        this.#app.clock.now += step.by;
        return;
      case 'list':
        return this.#list(step);
      case 'hold':
        return this.#hold(step);
      case 'goOn':
        return this.#goOn(step);
      case 'misuse':
        return this.#misuse(step);
    }
  }

  // Writes

  async #createUser({ user, twist }: StepOf<'createUser'>): Promise<void> {
    const [body, fault] = twisted(userBody(user), 'users', twist);
    const answer = await this.#send('POST', '/users', body);
    const refusal = fault ?? this.#model.refusesAddress(user.contactEmail);
    if (refusal !== undefined) return assertRejected(answer, refusal);
    const row = { ...user, ...this.#created('users', answer) };
    this.#model.users.set(row.id, row);
    assertOk(answer, show(row), 201);
  }

  /** All at the same time: of those with one address one is created, and which is not said. */
  async #raceUsers({ users }: StepOf<'raceUsers'>): Promise<void> {
    const answers = await Promise.all(users.map((user) => this.#send('POST', '/users', userBody(user))));
    const created = answers.filter(({ statusCode }) => statusCode === 201).sort(byId('userId'));
    for (const answer of created) {
      const user = users[answers.indexOf(answer)] as Required<UserChanges>;
      assert.equal(this.#model.refusesAddress(user.contactEmail), undefined);
      const row = { ...user, ...this.#created('users', answer) };
      this.#model.users.set(row.id, row);
      assertOk(answer, show(row), 201);
    }
    users.forEach(({ contactEmail }, i) => {
      const answer = answers[i] as LightMyRequestResponse;
      if (created.includes(answer)) return;
      const refusal = this.#model.refusesAddress(contactEmail);
      assert.ok(refusal, `nobody has ${contactEmail.text}, and it was refused`);
      assertRejected(answer, refusal);
    });
  }

  async #patchUser({ which, changes, again, twist }: StepOf<'patchUser'>): Promise<void> {
    const id = this.#idOf('users', which);
    const [body, fault] = twisted(userBody(changes), 'users', twist, id);
    const answer = await this.#send('PATCH', `/users/${id}`, body);
    const row = this.#model.users.get(id);
    const taken = changes.contactEmail && this.#model.refusesAddress(changes.contactEmail, id);
    const refusal = fault ?? (row === undefined ? NOT_FOUND : taken);
    if (row === undefined || refusal !== undefined) return assertRejected(answer, refusal ?? NOT_FOUND);
    this.#patched(answer, row, { ...row, ...changes });
    if (again) await this.#patchAgain('users', row, body);
  }

  async #createTask({ task, twist }: StepOf<'createTask'>): Promise<void> {
    const fields = this.#newTask(task);
    const [body, fault] = twisted(taskBody({ ...task, ...this.#owner(task) }), 'tasks', twist);
    const answer = await this.#send('POST', '/tasks', body);
    const refusal = fault ?? this.#model.refusesOwner(fields.userId);
    if (refusal !== undefined) return assertRejected(answer, refusal);
    const row = { ...fields, ...this.#created('tasks', answer) };
    this.#model.tasks.set(row.id, row);
    assertOk(answer, show(row), 201);
  }

  /** All at the same time, and equal but for their ids. */
  async #createTasks({ task, count }: StepOf<'createTasks'>): Promise<void> {
    const fields = this.#newTask(task);
    const body = taskBody({ ...task, ...this.#owner(task) });
    const answers = await Promise.all(Array.from({ length: count }, () => this.#send('POST', '/tasks', body)));
    const refusal = this.#model.refusesOwner(fields.userId);
    if (refusal !== undefined) {
      for (const answer of answers) assertRejected(answer, refusal);
      return;
    }
    for (const answer of answers.sort(byId('taskId'))) {
      const row = { ...fields, ...this.#created('tasks', answer) };
      this.#model.tasks.set(row.id, row);
      assertOk(answer, show(row), 201);
    }
  }

  async #patchTask({ which, changes, again, twist }: StepOf<'patchTask'>): Promise<void> {
    const id = this.#idOf('tasks', which);
    const { userId: _, ...others } = changes;
    const fields = { ...others, ...this.#owner(changes) };
    const [body, fault] = twisted(taskBody(fields), 'tasks', twist, id);
    const answer = await this.#send('PATCH', `/tasks/${id}`, body);
    const row = this.#model.tasks.get(id);
    const ownerless = fields.userId === undefined ? undefined : this.#model.refusesOwner(fields.userId);
    const refusal = fault ?? (row === undefined ? NOT_FOUND : ownerless);
    if (row === undefined || refusal !== undefined) return assertRejected(answer, refusal ?? NOT_FOUND);
    this.#patched(answer, row, { ...row, ...fields });
    if (again) await this.#patchAgain('tasks', row, body);
  }

  async #delete(kind: Kind, id: number): Promise<void> {
    const answer = await this.#send('DELETE', `${NAMES[kind].path}/${id}`);
    if (!this.#model.rows(kind).has(id)) return assertRejected(answer, NOT_FOUND);
    assert.equal(answer.statusCode, 204, answer.payload);
    assert.equal(answer.payload, '');
    const tasks = this.#model.tasksOf(id).length;
    if (kind === 'users' && tasks > 0)
      this.#tally.add(`deleted a user with ${tasks > MANY_TASKS ? 'many' : 'few'} tasks`);
    if (kind === 'users') this.#model.deleteUser(id);
    else this.#model.deleteTask(id);
  }

  /** What a row has from its creation: an id higher than any before, its first tag. */
  #created(kind: Kind, answer: LightMyRequestResponse): { id: number; updatedAt: number; tags: string[] } {
    assert.equal(answer.statusCode, 201, answer.payload);
    const id = answer.json()[NAMES[kind].id];
    assert.ok(Number.isSafeInteger(id) && id > this.#highest[kind], `${id} after ${this.#highest[kind]}`);
    this.#highest[kind] = id;
    assert.equal(answer.headers.location, `${NAMES[kind].path}/${id}`);
    return { id, updatedAt: this.#app.clock.now, tags: [tagOf(answer)] };
  }

  /** The row becomes what it is after a PATCH: with another tag, unless nothing changes. */
  #patched<T extends ModelUser | ModelTask>(answer: LightMyRequestResponse, row: T, after: T): void {
    const changed = JSON.stringify(show(row)) !== JSON.stringify(show(after));
    Object.assign(row, after);
    assertOk(answer, show(row));
    this.#tally.add(changed ? 'patched with a change' : 'patched without a change');
    if (changed) {
      row.updatedAt = this.#app.clock.now;
      assert.ok(!row.tags.includes(tagOf(answer)), `${tagOf(answer)} again after a change`);
      row.tags.push(tagOf(answer));
    }
    assert.equal(tagOf(answer), row.tags.at(-1));
  }

  /** The same PATCH once more, later, changes nothing. */
  async #patchAgain(kind: Kind, row: ModelUser | ModelTask, body: Body): Promise<void> {
    this.#app.clock.now += 1;
    this.#patched(await this.#send('PATCH', `${NAMES[kind].path}/${row.id}`, body), row, row);
  }

  // Reads

  async #get({ kind, which, match }: StepOf<'get'>): Promise<void> {
    const id = this.#idOf(kind, which);
    const row = this.#model.row(kind, id);
    const [header, matches] = ifNoneMatch(match, row?.tags ?? []);
    const answer = await this.#send('GET', `${NAMES[kind].path}/${id}`, undefined, header);
    if (row === undefined) return assertRejected(answer, NOT_FOUND);
    assert.equal(tagOf(answer), row.tags.at(-1));
    if (matches) assertNotModified(answer);
    else assertOk(answer, show(row));
  }

  async #list({ list, walk, count, again }: StepOf<'list'>): Promise<void> {
    const { order, query } = this.#resolve(list);
    if (walk !== 'cursors') await this.#turnPages(order, query, count, walk === 'both');
    if (walk !== 'pages') await this.#walkFrom(order, query, count);
    if (again) await this.#listAgain(order, query);
  }

  /** Every page by its number, and one past the end. From the second on by cursors, if told. */
  async #turnPages(order: ListOrder, query: URLSearchParams, count: boolean, thenWalk: boolean): Promise<void> {
    const rows = this.#model.list(order);
    const perPage = Number(query.get('_perPage') ?? 20);
    for (let page = 0; page * perPage < rows.length + perPage; page++) {
      const numbered = new URLSearchParams([...query, ['_page', String(page)]]);
      const url = `${NAMES[order.kind].path}?${numbered}`;
      const from = page * perPage;
      const next = await this.#page(order, url, rows.slice(from), count ? rows.length : undefined);
      if (thenWalk && page === 1 && next !== undefined) {
        await this.#follow(order, next, rows.slice(from + perPage), count ? rows.length : undefined);
        return;
      }
    }
  }

  /** The whole list, by its `next` links. */
  async #walkFrom(order: ListOrder, query: URLSearchParams, count: boolean): Promise<void> {
    const rows = this.#model.list(order);
    const search = query.toString();
    const url = `${NAMES[order.kind].path}${search && `?${search}`}`;
    await this.#follow(order, url, rows, count ? rows.length : undefined);
  }

  /** From a page, which must begin with the first of the rows, to the end of the list. */
  async #follow(order: ListOrder, url: string, rows: (ModelUser | ModelTask)[], total?: number): Promise<void> {
    let left = rows;
    for (let next: string | undefined = url; next !== undefined; ) {
      const perPage = perPageOf(next);
      next = await this.#page(order, next, left, total);
      left = left.slice(perPage);
    }
    assert.equal(left.length, 0, 'the links end before the list does');
  }

  /** One page, which must show the first of the rows. Its `next` link. */
  async #page(
    { kind }: ListOrder,
    url: string,
    rows: (ModelUser | ModelTask)[],
    total: number | undefined,
  ): Promise<string | undefined> {
    const headers = total === undefined ? {} : { prefer: 'respond-async, count=exact' };
    const answer = await this.#send('GET', url, undefined, headers);
    const perPage = perPageOf(url);
    assertOk(answer, { [kind]: rows.slice(0, perPage).map(show) }, 200, url);
    assert.equal(answer.headers['x-total-count'], total === undefined ? undefined : String(total));
    assertLinks(answer, url, rows.length > perPage);
    if (url.includes('_cursor')) this.#tally.add('page by cursor');
    if (rows.length > 1) this.#tally.add(`page of several ${kind}`);
    return linkTo(answer, 'next');
  }

  /** A list has a tag of its own, and need not be sent again to whom has it. */
  async #listAgain({ kind }: ListOrder, query: URLSearchParams): Promise<void> {
    const url = `${NAMES[kind].path}?${query}`;
    const first = await this.#send('GET', url);
    const second = await this.#send('GET', url, undefined, { 'if-none-match': `"other", W/${tagOf(first)}` });
    assertNotModified(second);
    assert.equal(tagOf(second), tagOf(first));
    const third = await this.#send('GET', url, undefined, { 'if-none-match': '"other"' });
    assertOk(third, first.json());
  }

  async #hold({ list }: StepOf<'hold'>): Promise<void> {
    const { order, query } = this.#resolve(list);
    const rows = this.#model.list(order);
    const url = `${NAMES[order.kind].path}?${query}`;
    const next = await this.#page(order, url, rows, undefined);
    const last = rows[perPageOf(url) - 1];
    if (next === undefined || last === undefined) return;
    const after = this.#model.listAfter(order, last).map(({ id }) => id);
    this.#held.push({ order, next, place: { ...last }, after });
  }

  /** From a place that was kept, through rows that may have come, gone and moved since. */
  async #goOn({ nth, perPage }: StepOf<'goOn'>): Promise<void> {
    const held = this.#held[nth % this.#held.length];
    if (held === undefined) return;
    const { order, next, place, after } = held;
    const rows = this.#model.listAfter(order, place);
    const changed = String(rows.map(({ id }) => id)) !== String(after);
    this.#tally.add(`went on from a cursor ${changed ? 'after changes' : 'at once'}`);
    const [path, search] = next.split('?');
    const query = new URLSearchParams(search);
    if (perPage !== undefined) query.set('_perPage', String(perPage));
    await this.#follow(order, `${path}?${query}`, rows);
  }

  /** A cursor is refused with anything but what it belongs to. */
  async #misuse({ nth, how, at }: StepOf<'misuse'>): Promise<void> {
    const held = this.#held[nth % this.#held.length];
    if (held === undefined) return;
    const { order, next } = held;
    const query = new URLSearchParams(next.split('?')[1]);
    let { kind } = order;
    let cursor = query.get('_cursor') as string;
    if (how === 'page') query.set('_page', '0');
    if (how === 'order') {
      const [first = { field: NAMES[kind].id, descending: false }, ...rest] = order.sort;
      query.set('_sort', formatSort([{ ...first, descending: !first.descending }, ...rest]));
    }
    if (how === 'filter') {
      const name = kind === 'users' ? 'contactEmail' : 'userId';
      if (query.has(name)) query.delete(name);
      else query.set(name, kind === 'users' ? 'nobody@example.com' : String(NOBODY));
    }
    if (how === 'kind') {
      kind = OTHER[kind];
      for (const name of [...query.keys()]) if (name !== '_cursor') query.delete(name);
    }
    if (how === 'character') {
      const place = at % cursor.length;
      if (cursor[place] === '.') return;
      cursor = `${cursor.slice(0, place)}${cursor[place] === 'A' ? 'B' : 'A'}${cursor.slice(place + 1)}`;
    }
    query.set('_cursor', cursor);
    this.#tally.add(`misused a cursor: ${how}`);
    assertRejected(await this.#send('GET', `${NAMES[kind].path}?${query}`), {
      status: 400,
      code: 'INVALID_FIELD',
      message:
        `The \`_cursor\` value '${cursor.slice(0, 100)}' is not valid. It must be taken from a \`next\` link of the same ` +
        'list, with the same sort and filters, and without `_page`.',
      detail: { field: '_cursor', reason: 'Invalid value', location: 'query' },
    });
  }

  // What steps speak of

  #idOf(kind: Kind, { gone, nth }: Pick): number {
    const ids = gone ? this.#model.gone[kind] : [...this.#model.rows(kind).keys()];
    return ids[nth % ids.length] ?? NOBODY;
  }

  #owner({ userId }: TaskChanges): { userId?: number } {
    return userId === undefined ? {} : { userId: this.#idOf('users', userId) };
  }

  #newTask(task: TaskChanges): TaskFields {
    const missing = { taskDescription: null, taskStatus: 'NOT_STARTED' };
    return { ...missing, ...task, ...this.#owner(task) } as TaskFields;
  }

  #resolve({ kind, sort, perPage, owner, status, address, since }: ListStep): {
    order: ListOrder;
    query: URLSearchParams;
  } {
    const query = new URLSearchParams();
    const order: ListOrder = { kind, sort, filter: {} };
    if (sort.length > 0) query.set('_sort', formatSort(sort));
    if (perPage !== undefined) query.set('_perPage', String(perPage));
    if (owner !== undefined) {
      order.filter.userId = this.#idOf('users', owner);
      query.set('userId', String(order.filter.userId));
    }
    if (status !== undefined) {
      order.filter.taskStatus = status;
      query.set('taskStatus', status);
    }
    if (address !== undefined) {
      order.filter.contactEmail = address;
      query.set('contactEmail', address.text);
    }
    if (since !== undefined) {
      const rows = [...this.#model.rows(kind).values()];
      order.filter.since = (rows[since.nth % rows.length]?.updatedAt ?? this.#app.clock.now) + since.apart;
      query.set('updatedSince', spell(BigInt(order.filter.since) * 1000n + BigInt(since.finer), since.how).text);
    }
    return { order, query };
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: Body,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    const type = body === undefined ? undefined : { 'content-type': 'application/json' };
    const payload = body === undefined ? undefined : { payload: JSON.stringify(body) };
    const answer = await this.#app.request({ method, url, headers: { ...type, ...headers }, ...payload });
    this.#tally.add(`${method} ${answer.statusCode}`);
    return answer;
  }
}

function userBody({ contactEmail, ...rest }: UserChanges): Body {
  return { ...rest, ...(contactEmail && { contactEmail: contactEmail.text }) };
}

function taskBody({ dueDate, ...rest }: Omit<TaskChanges, 'userId'> & { userId?: number | Pick }): Body {
  return { ...rest, ...(dueDate && { dueDate: dueDate.text }) };
}

/**
 * A body with a fault, and the answer that it must get; a PATCH with nothing in it is one, too.
 *
 * @param id of the PATCH; undefined for a POST.
 */
function twisted(body: Body, kind: Kind, twist: Twist, id?: number): [Body, ExpectedError | undefined] {
  const fault = (field: string, reason: string, message: string, code = 'INVALID_FIELD'): ExpectedError => {
    return { status: 400, code, message, detail: { field, reason, location: 'body' } };
  };
  const text = kind === 'users' ? 'lastName' : 'taskTitle';
  if (twist === 'missing' && id === undefined) {
    const { [text]: _, ...rest } = body;
    return [rest, fault(text, 'Is required', `The \`${text}\` field is required.`, 'MISSING_REQUIRED_FIELD')];
  }
  const { id: idField } = NAMES[kind];
  const [isEmpty, readOnly] = [
    fault('body', 'Is required', 'The request body must contain at least one field'),
    fault(idField, 'Is read-only', `The field \`${idField}\` cannot be set`),
  ];
  const nothing = Object.keys(body).length === 0 ? isEmpty : undefined;
  if (twist === 'ownId') return [{ ...body, [idField]: id ?? 1 }, id === undefined ? readOnly : nothing];
  if (twist === 'readOnly') return [{ ...body, [idField]: (id ?? 0) + 1 }, readOnly];
  if (twist === 'unknown') {
    return [{ ...body, nickname: 'x' }, fault('nickname', 'Unknown field', 'The field `nickname` is not known')];
  }
  if (twist === 'wrong') {
    const message = `The field \`${text}\` contains characters that are not allowed; it must not be blank`;
    return [{ ...body, [text]: ' \t' }, fault(text, 'Invalid format', message)];
  }
  return [body, id === undefined ? undefined : nothing];
}

/** The header `If-None-Match`, and whether it holds for a row with these tags. */
function ifNoneMatch(match: Match, tags: string[]): [Record<string, string>, boolean] {
  const present = tags.at(-1) ?? '"1"';
  const former = tags.at(-2) ?? '"former"';
  switch (match) {
    case 'none':
      return [{}, false];
    case 'present':
      return [{ 'if-none-match': present }, true];
    case 'weak':
      return [{ 'if-none-match': `W/${present}` }, true];
    case 'former':
      return [{ 'if-none-match': former }, false];
    case 'foreign':
      return [{ 'if-none-match': '"a,b", "c"' }, false];
    case 'several':
      return [{ 'if-none-match': `"a,b",  ${former},${present}` }, true];
    case 'any':
      return [{ 'if-none-match': '*' }, true];
  }
}

function formatSort(sort: ListOrder['sort']): string {
  return sort.map(({ field, descending }) => `${descending ? '-' : ''}${field}`).join(',');
}

function perPageOf(url: string): number {
  return Number(new URLSearchParams(url.split('?')[1]).get('_perPage') ?? 20);
}

function byId(id: string): (a: LightMyRequestResponse, b: LightMyRequestResponse) => number {
  return (a, b) => a.json()[id] - b.json()[id];
}

/** A strong entity tag. */
function tagOf({ headers }: LightMyRequestResponse): string {
  const tag = String(headers.etag);
  assert.match(tag, /^"[\x21\x23-\x7e]+"$/);
  return tag;
}

/** The body is this, with its fields in this order. */
function assertOk(answer: LightMyRequestResponse, body: object, status = 200, message = ''): void {
  assert.equal(answer.statusCode, status, `${message} ${answer.payload}`);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const [shown, expected] = [JSON.stringify(answer.json()), JSON.stringify(body)];
  // Compared as texts first: that is quick, and sees to the order.
  if (shown !== expected) assert.deepEqual(answer.json(), JSON.parse(expected), message);
  assert.equal(shown, expected, message);
}

function assertNotModified(answer: LightMyRequestResponse): void {
  assert.equal(answer.statusCode, 304, answer.payload);
  assert.equal(answer.payload, '');
}

function assertRejected(answer: LightMyRequestResponse, { status, code, message, detail }: ExpectedError): void {
  assert.equal(answer.statusCode, status, answer.payload);
  const details = detail && { details: [detail] };
  const requestId = answer.headers['x-request-id'];
  assert.match(String(requestId), /^req-[0-9a-f-]{36}$/);
  assert.equal(JSON.stringify(answer.json()), JSON.stringify({ code, message, ...details, requestId }));
}
