import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { assertOk, NAMES, tagOf, taskBody, twisted, userBody } from './expectations.ts';
import { type ExpectedError, type Kind, type ModelTask, type ModelUser, NOT_FOUND, show } from './model.ts';
import { type Body, idOf, newTask, owner, type Service, type StepOf } from './service.ts';

const LENIENT = { prefer: 'handling=lenient' };

/** An item of a batch: what is sent, and its error if it is invalid by itself. */
interface Item {
  sent: unknown;
  error: ExpectedError | undefined;
}

const FORMER: ExpectedError = {
  status: 412,
  code: 'PRECONDITION_FAILED',
  message: 'The resource has changed since it was read',
};

export async function batchUsers(service: Service, { users, lenient }: StepOf<'batchUsers'>): Promise<void> {
  const items = users.map(({ user, twist }) => toItem(twisted(userBody(user), 'users', twist)));
  const rowOf = (index: number) => users[index]?.user as (typeof users)[number]['user'];
  await createAll(service, { kind: 'users', items, lenient, rowOf }, (index, created) => {
    const { contactEmail } = rowOf(index);
    const first = created.find((other) => rowOf(other).contactEmail.owner === contactEmail.owner);
    return first === undefined ? service.model.addressError(contactEmail) : inUseBy(contactEmail.text, first, lenient);
  });
}

export async function batchTasks(service: Service, { tasks, lenient }: StepOf<'batchTasks'>): Promise<void> {
  const items = tasks.map(({ task, twist }) => {
    return toItem(twisted(taskBody({ ...task, ...owner(service, task) }), 'tasks', twist));
  });
  const rowOf = (index: number) => newTask(service, tasks[index]?.task as (typeof tasks)[number]['task']);
  await createAll(service, { kind: 'tasks', items, lenient, rowOf }, (index) => {
    return service.model.ownerError(rowOf(index).userId);
  });
}

/** Sends a batch that creates rows, and compares its response and its rows with the model. */
async function createAll(
  service: Service,
  { kind, items, lenient, rowOf }: { kind: Kind; items: Item[]; lenient: boolean; rowOf: (index: number) => object },
  databaseError: (index: number, created: number[]) => ExpectedError | undefined,
): Promise<void> {
  const url = `${NAMES[kind].path}/batch`;
  const response = await send(service, 'POST', url, { [kind]: items.map(({ sent }) => sent) }, lenient);
  const created: number[] = [];
  const errors = items.map(({ error }, index) => {
    const found = error ?? databaseError(index, created);
    if (error === undefined && (found === undefined || !lenient)) created.push(index);
    return found;
  });
  if (!lenient && errors.some((error) => error !== undefined))
    return assertBatchRejected(response, kind, items, errors);
  const shown = lenient ? response.json().results : response.json()[kind];
  assert.equal(shown?.length, items.length, response.payload);
  const expected = [];
  for (const [index, error] of errors.entries()) {
    if (error !== undefined) {
      expected.push(result(response, error));
      continue;
    }
    const one = kind.slice(0, -1);
    const id = (lenient ? shown[index][one] : shown[index])?.[NAMES[kind].id];
    assert.ok(Number.isSafeInteger(id) && id > service.highest[kind], `${id} after ${service.highest[kind]}`);
    service.highest[kind] = id;
    const { headers } = await service.send('GET', `${NAMES[kind].path}/${id}`);
    const row = { ...rowOf(index), id, updatedAt: service.clock.now, tags: [String(headers.etag)] };
    (service.model.rows(kind) as Map<number, object>).set(id, row);
    const body = show(row as unknown as ModelUser | ModelTask);
    expected.push(lenient ? { status: 201, [one]: body } : body);
  }
  assertOk(response, { [lenient ? 'results' : kind]: expected }, lenient ? 200 : 201);
}

export async function batchPatch(service: Service, { tasks, lenient }: StepOf<'batchPatch'>): Promise<void> {
  const seen = new Map<number, number>();
  const changes = tasks.map(({ which, changes: { userId: _, ...others }, ...rest }, index) => {
    const id = idOf(service, 'tasks', which);
    const fields = { ...others, ...owner(service, tasks[index]?.changes ?? {}) };
    return { id, row: service.model.tasks.get(id), fields, ...rest };
  });
  const items = changes.map(({ id, row, fields, match, twist }, index): Item => {
    const tag = match === 'present' ? row?.tags.at(-1) : match === 'former' ? '"former"' : undefined;
    const ifMatch = tag === undefined ? {} : { ifMatch: tag };
    const [body, error] = twisted(taskBody(fields), 'tasks', twist, id);
    const isNothing = error?.detail?.field === 'body';
    const first = seen.get(id);
    if (error === undefined || (isNothing && tag !== undefined)) {
      if (first === undefined) seen.set(id, index);
      const repeated = first === undefined ? undefined : repeatedError(id, first);
      return { sent: { taskId: id, ...ifMatch, ...body }, error: repeated };
    }
    const nothing = { ...error, message: `The item \`tasks[${index}]\` must contain at least one field to change` };
    const detail = { field: `tasks[${index}]`, reason: 'Is required', location: 'body' };
    return { sent: { taskId: id, ...ifMatch, ...body }, error: isNothing ? { ...nothing, detail } : error };
  });
  const response = await send(service, 'PATCH', '/tasks/batch', { tasks: items.map(({ sent }) => sent) }, lenient);
  const errors = items.map(({ error }, index) => {
    const { id, row, fields, match } = changes[index] as (typeof changes)[number];
    if (error !== undefined) return error;
    if (row === undefined) return lenient ? NOT_FOUND : missingError('taskId', id);
    if (match === 'former') return FORMER;
    return fields.userId === undefined ? undefined : service.model.ownerError(fields.userId);
  });
  if (!lenient && errors.some((error) => error !== undefined))
    return assertBatchRejected(response, 'tasks', items, errors);
  const expected = [];
  for (const [index, error] of errors.entries()) {
    const { id, row, fields } = changes[index] as (typeof changes)[number];
    if (error !== undefined || row === undefined) {
      expected.push(result(response, error ?? NOT_FOUND));
      continue;
    }
    const after = { ...row, ...fields };
    const changed = JSON.stringify(show(row)) !== JSON.stringify(show(after));
    Object.assign(row, after);
    const tag = tagOf(await service.send('GET', `/tasks/${id}`));
    if (changed) {
      row.updatedAt = service.clock.now;
      assert.ok(!row.tags.includes(tag), `${tag} was used before`);
      row.tags.push(tag);
    }
    assert.equal(tag, row.tags.at(-1));
    expected.push(lenient ? { status: 200, task: show(row) } : show(row));
  }
  assertOk(response, { [lenient ? 'results' : 'tasks']: expected });
}

export async function batchDelete(service: Service, { which, lenient }: StepOf<'batchDelete'>): Promise<void> {
  const ids = which.map((pick) => idOf(service, 'tasks', pick));
  const items = ids.map((id, index): Item => {
    const first = ids.indexOf(id);
    const field = `taskIds[${index}]`;
    if (first === index) return { sent: id, error: undefined };
    const message = `The \`${field}\` value '${id}' is not valid. It must be different from that of \`taskIds[${first}]\`.`;
    const detail = { field, reason: 'Invalid value', location: 'body' };
    return { sent: id, error: { status: 400, code: 'INVALID_FIELD', message, detail } };
  });
  const response = await send(service, 'POST', '/tasks/batch-delete', { taskIds: ids }, lenient);
  const errors = items.map(({ error }, index) => {
    const id = ids[index] as number;
    if (error !== undefined || service.model.tasks.has(id)) return error;
    return lenient ? NOT_FOUND : missingError(`taskIds[${index}]`, id);
  });
  if (!lenient && errors.some((error) => error !== undefined)) {
    return assertBatchRejected(response, undefined, items, errors);
  }
  for (const [index, error] of errors.entries()) {
    if (error === undefined) service.model.deleteTask(ids[index] as number);
  }
  if (!lenient) {
    assert.equal(response.statusCode, 204, response.payload);
    return;
  }
  assertOk(response, {
    results: errors.map((error) => (error === undefined ? { status: 204 } : result(response, error))),
  });
}

async function send(
  service: Service,
  method: 'POST' | 'PATCH',
  url: string,
  body: Body,
  lenient: boolean,
): Promise<LightMyRequestResponse> {
  const response = await service.send(method, url, body, lenient ? LENIENT : {});
  service.tally.add(`${method} batch ${response.statusCode}`);
  assert.equal(
    response.headers['preference-applied'],
    lenient && response.statusCode < 400 ? LENIENT.prefer : undefined,
  );
  return response;
}

function toItem([sent, error]: [Body, ExpectedError | undefined]): Item {
  return { sent, error };
}

function inUseBy(address: string, first: number, lenient: boolean): ExpectedError {
  const by = lenient ? '' : ` by \`users[${first}]\``;
  const message = `The \`contactEmail\` value '${address}' is already in use${by}.`;
  const detail = { field: 'contactEmail', reason: 'Already in use', location: 'body' };
  return { status: 400, code: 'INVALID_FIELD', message, detail };
}

function repeatedError(id: number, first: number): ExpectedError {
  const field = 'taskId';
  const message = `The \`${field}\` value '${id}' is not valid. It must be different from that of \`tasks[${first}]\`.`;
  return { status: 400, code: 'INVALID_FIELD', message, detail: { field, reason: 'Invalid value', location: 'body' } };
}

function missingError(field: string, id: number): ExpectedError {
  const message = `The \`${field}\` value '${id}' does not refer to an existing task.`;
  return { status: 400, code: 'INVALID_FIELD', message, detail: { field, reason: 'Does not exist', location: 'body' } };
}

/** The result of an item that is rejected, in a lenient batch. */
function result(response: LightMyRequestResponse, { status, code, message, detail }: ExpectedError): object {
  const requestId = response.headers['x-request-id'];
  return { status, error: { code, message, ...(detail && { details: [detail] }), requestId } };
}

/**
 * The error of a batch that is not lenient: what is wrong with the items themselves, otherwise what only the database knows.
 *
 * @param kind the list; undefined if the errors name the items already.
 */
function assertBatchRejected(
  response: LightMyRequestResponse,
  kind: Kind | undefined,
  items: Item[],
  errors: (ExpectedError | undefined)[],
): void {
  const requestId = response.headers['x-request-id'];
  const inUseInBatch = ({ message }: ExpectedError) => message.includes(' is already in use by ');
  const own = errors.map((error, i) =>
    items[i]?.error !== undefined || (error && inUseInBatch(error)) ? error : undefined,
  );
  const reported = own.some((error) => error !== undefined) ? own : errors;
  const invalid = reported.flatMap((error, i) => (error?.status === 400 ? [named(error, kind, i)] : []));
  if (invalid.length === 0) {
    const changed = reported.flatMap((error, i) => (error === undefined ? [] : `\`${kind}[${i}]\``));
    assert.deepEqual(response.json(), {
      code: FORMER.code,
      message: `${FORMER.message}: ${changed.join(', ')}`,
      requestId,
    });
    assert.equal(response.statusCode, FORMER.status);
    return;
  }
  const { code, message } =
    invalid.find((error) => error.code === 'MISSING_REQUIRED_FIELD') ?? (invalid[0] as ExpectedError);
  assert.deepEqual(response.json(), { code, message, details: invalid.map(({ detail }) => detail), requestId });
  assert.equal(response.statusCode, 400);
}

function named(error: ExpectedError, kind: Kind | undefined, index: number): ExpectedError {
  const { detail, message } = error;
  if (kind === undefined || detail === undefined || detail.field.includes('[')) return error;
  const field = `${kind}[${index}].${detail.field}`;
  return { ...error, message: message.replace(`\`${detail.field}\``, `\`${field}\``), detail: { ...detail, field } };
}
