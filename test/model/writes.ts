import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { assertOk, assertRejected, byId, NAMES, tagOf, taskBody, twisted, userBody } from './expectations.ts';
import { type Kind, type ModelTask, type ModelUser, NOT_FOUND, show } from './model.ts';
import { type Body, idOf, newTask, owner, type Service, type StepOf } from './service.ts';
import type { UserChanges } from './steps.ts';

/** A user with more tasks than this is deleted in steps, which clients cannot see. */
const MANY_TASKS = 16;

export async function createUser(service: Service, { user, twist }: StepOf<'createUser'>): Promise<void> {
  const [body, invalid] = twisted(userBody(user), 'users', twist);
  const response = await service.send('POST', '/users', body);
  const expected = invalid ?? service.model.addressError(user.contactEmail);
  if (expected !== undefined) return assertRejected(response, expected);
  const row = { ...user, ...createdFields(service, 'users', response) };
  service.model.users.set(row.id, row);
  assertOk(response, show(row), 201);
}

/** Sends the requests at the same time. Of those with the same address, exactly one succeeds. */
export async function raceUsers(service: Service, { users }: StepOf<'raceUsers'>): Promise<void> {
  const responses = await Promise.all(users.map((user) => service.send('POST', '/users', userBody(user))));
  const created = responses.filter(({ statusCode }) => statusCode === 201).sort(byId('userId'));
  for (const response of created) {
    const user = users[responses.indexOf(response)] as Required<UserChanges>;
    assert.equal(service.model.addressError(user.contactEmail), undefined);
    const row = { ...user, ...createdFields(service, 'users', response) };
    service.model.users.set(row.id, row);
    assertOk(response, show(row), 201);
  }
  users.forEach(({ contactEmail }, i) => {
    const response = responses[i] as LightMyRequestResponse;
    if (created.includes(response)) return;
    const expected = service.model.addressError(contactEmail);
    assert.ok(expected, `the free address ${contactEmail.text} was rejected`);
    assertRejected(response, expected);
  });
}

export async function patchUser(
  service: Service,
  { which, changes, again, twist }: StepOf<'patchUser'>,
): Promise<void> {
  const id = idOf(service, 'users', which);
  const [body, invalid] = twisted(userBody(changes), 'users', twist, id);
  const response = await service.send('PATCH', `/users/${id}`, body);
  const row = service.model.users.get(id);
  const taken = changes.contactEmail && service.model.addressError(changes.contactEmail, id);
  const expected = invalid ?? (row === undefined ? NOT_FOUND : taken);
  if (row === undefined || expected !== undefined) return assertRejected(response, expected ?? NOT_FOUND);
  patched(service, response, row, { ...row, ...changes });
  if (again) await patchAgain(service, 'users', row, body);
}

export async function createTask(service: Service, { task, twist }: StepOf<'createTask'>): Promise<void> {
  const fields = newTask(service, task);
  const [body, invalid] = twisted(taskBody({ ...task, ...owner(service, task) }), 'tasks', twist);
  const response = await service.send('POST', '/tasks', body);
  const expected = invalid ?? service.model.ownerError(fields.userId);
  if (expected !== undefined) return assertRejected(response, expected);
  const row = { ...fields, ...createdFields(service, 'tasks', response) };
  service.model.tasks.set(row.id, row);
  assertOk(response, show(row), 201);
}

/** Sends the same request several times at the same time. */
export async function createTasks(service: Service, { task, count }: StepOf<'createTasks'>): Promise<void> {
  const fields = newTask(service, task);
  const body = taskBody({ ...task, ...owner(service, task) });
  const responses = await Promise.all(Array.from({ length: count }, () => service.send('POST', '/tasks', body)));
  const expected = service.model.ownerError(fields.userId);
  if (expected !== undefined) {
    for (const response of responses) assertRejected(response, expected);
    return;
  }
  for (const response of responses.sort(byId('taskId'))) {
    const row = { ...fields, ...createdFields(service, 'tasks', response) };
    service.model.tasks.set(row.id, row);
    assertOk(response, show(row), 201);
  }
}

export async function patchTask(
  service: Service,
  { which, changes, again, twist }: StepOf<'patchTask'>,
): Promise<void> {
  const id = idOf(service, 'tasks', which);
  const { userId: _, ...others } = changes;
  const fields = { ...others, ...owner(service, changes) };
  const [body, invalid] = twisted(taskBody(fields), 'tasks', twist, id);
  const response = await service.send('PATCH', `/tasks/${id}`, body);
  const row = service.model.tasks.get(id);
  const noOwner = fields.userId === undefined ? undefined : service.model.ownerError(fields.userId);
  const expected = invalid ?? (row === undefined ? NOT_FOUND : noOwner);
  if (row === undefined || expected !== undefined) return assertRejected(response, expected ?? NOT_FOUND);
  patched(service, response, row, { ...row, ...fields });
  if (again) await patchAgain(service, 'tasks', row, body);
}

export async function deleteRow(service: Service, kind: Kind, id: number): Promise<void> {
  const response = await service.send('DELETE', `${NAMES[kind].path}/${id}`);
  if (!service.model.rows(kind).has(id)) return assertRejected(response, NOT_FOUND);
  assert.equal(response.statusCode, 204, response.payload);
  assert.equal(response.payload, '');
  const tasks = service.model.tasksOf(id).length;
  if (kind === 'users' && tasks > 0)
    service.tally.add(`deleted a user with ${tasks > MANY_TASKS ? 'many' : 'few'} tasks`);
  if (kind === 'users') service.model.deleteUser(id);
  else service.model.deleteTask(id);
}

/** The id and the first tag of a created row. The id is higher than every earlier one. */
function createdFields(
  service: Service,
  kind: Kind,
  response: LightMyRequestResponse,
): { id: number; updatedAt: number; tags: string[] } {
  assert.equal(response.statusCode, 201, response.payload);
  const id = response.json()[NAMES[kind].id];
  assert.ok(Number.isSafeInteger(id) && id > service.highest[kind], `${id} after ${service.highest[kind]}`);
  service.highest[kind] = id;
  assert.equal(response.headers.location, `${NAMES[kind].path}/${id}`);
  return { id, updatedAt: service.clock.now, tags: [tagOf(response)] };
}

/** Updates the row as a PATCH does. The tag changes if a value does. */
function patched<T extends ModelUser | ModelTask>(
  service: Service,
  response: LightMyRequestResponse,
  row: T,
  after: T,
): void {
  const changed = JSON.stringify(show(row)) !== JSON.stringify(show(after));
  Object.assign(row, after);
  assertOk(response, show(row));
  service.tally.add(changed ? 'patched with a change' : 'patched without a change');
  if (changed) {
    row.updatedAt = service.clock.now;
    assert.ok(!row.tags.includes(tagOf(response)), `${tagOf(response)} was used before`);
    row.tags.push(tagOf(response));
  }
  assert.equal(tagOf(response), row.tags.at(-1));
}

/** Repeats the PATCH, which changes nothing. */
async function patchAgain(service: Service, kind: Kind, row: ModelUser | ModelTask, body: Body): Promise<void> {
  service.clock.now += 1;
  patched(service, await service.send('PATCH', `${NAMES[kind].path}/${row.id}`, body), row, row);
}
