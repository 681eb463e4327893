import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { type ItemOutcome, type ItemRejection, isRejected, MAX_BATCH_ITEMS } from '../../domain/batches.ts';
import { type CreateOptions, KeyReused } from '../../domain/outcomes.ts';
import { Type } from '../../type.ts';
import {
  ApiError,
  combine,
  errorBody,
  idempotencyKeyReused,
  MAX_DETAILS,
  preconditionFailed,
} from '../errors/api-error.ts';
import { ErrorSchema } from '../errors/error-schema.ts';
import { idempotencyKeyError } from '../errors/header-errors.ts';
import { itemErrors, type ValidationFailure } from '../errors/validation.ts';
import { ITEMS_KEYWORD } from '../keywords.ts';
import { creationOptions } from './idempotency.ts';

/** How many items are validated in one turn of the event loop: some milliseconds at most. */
const ITEMS_PER_TURN = 50;

/** `Prefer: handling=lenient` or `strict` (RFC 7240, section 4.4). Other preferences are ignored. */
const HANDLING = /(?:^|,)\s*handling\s*=\s*"?(\w+)"?\s*(?:[,;]|$)/i;

/** The body of a batch: an object with a list of items. */
export function batchBody(list: string, item: TSchema, options: { title: string; examples: unknown[] }) {
  const items = Type.Unsafe<unknown[]>({
    type: 'array',
    minItems: 1,
    maxItems: MAX_BATCH_ITEMS,
    [ITEMS_KEYWORD]: item,
  });
  return Type.Object({ [list]: items }, { additionalProperties: false, ...options });
}

/** The result of each item of a lenient batch, in order. */
export function itemResults(fields: Record<string, TSchema>, status: number, title: string) {
  const result = Type.Object(
    {
      status: Type.Integer({ description: `${status}, or the status that the item would have got on its own` }),
      ...Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, Type.Optional(schema)])),
      error: Type.Optional(ErrorSchema),
    },
    { title },
  );
  return Type.Array(result, { description: 'With `Prefer: handling=lenient`: one for each item, in order' });
}

/** How the errors of an item name it and its fields. */
export interface ItemName {
  /** Such as `tasks[3]`. */
  item: string;
  /** Such as `tasks[3].dueDate`; in a lenient batch `dueDate`, because the error belongs to the item's own result. */
  field: (name: string) => string;
}

export interface BatchDescription<Item, Input> {
  /** The field of the body that holds the items. */
  list: string;
  /** The schema of an item. */
  schema: TSchema;
  /** Converts a valid item for the store, or returns its error. */
  toInput: (item: Item, name: ItemName) => Input | ApiError;
}

/** The items of a batch, validated. */
export interface Batch<Input> {
  list: string;
  lenient: boolean;
  /** In order; errors only in a lenient batch. */
  inputs: (Input | ApiError)[];
}

export function isLenient({ headers }: FastifyRequest): boolean {
  return HANDLING.exec(String(headers.prefer ?? ''))?.[1]?.toLowerCase() === 'lenient';
}

/**
 * Validates and converts the items of a batch, some in each turn of the event loop.
 *
 * @throws ApiError if an item of a batch that is not lenient is invalid.
 */
export async function readBatch<Item, Input>(
  request: FastifyRequest,
  { list, schema, toInput }: BatchDescription<Item, Input>,
): Promise<Batch<Input>> {
  const lenient = isLenient(request);
  const items = (request.body as Record<string, unknown[]>)[list] as unknown[];
  const validate = request.compileValidationSchema(schema as object);
  const known = Object.keys((schema as { properties?: object }).properties ?? {});
  const headerError = request.routeOptions.schema?.idempotencyKey ? idempotencyKeyError(request) : undefined;
  if (headerError !== undefined && lenient) throw headerError;
  const errors: ApiError[] = headerError === undefined ? [] : [headerError];
  const inputs: (Input | ApiError)[] = [];
  for (const [index, sent] of items.entries()) {
    if (index % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await nextTurn();
    const name = nameOf(list, index, lenient);
    const item = withoutManyFields(sent, known);
    const found = validate(item)
      ? []
      : itemErrors((validate.errors ?? []) as ValidationFailure[], schema, name.item, name.field(''));
    const input = found.length > 0 ? combine(found) : toInput(item as Item, name);
    if (input instanceof ApiError && !lenient) errors.push(...(found.length > 0 ? found : [input]));
    inputs.push(input);
    if (errors.length >= MAX_DETAILS) break;
  }
  const invalid = errors.filter(({ statusCode }) => statusCode === 400);
  if (invalid.length > 0) throw combine(invalid);
  if (errors[0] !== undefined) throw errors[0];
  return { list, lenient, inputs };
}

/** The items that are valid, for the store. */
export function validInputs<Input>({ inputs }: Batch<Input>): Input[] {
  return inputs.filter((input): input is Input => !(input instanceof ApiError));
}

/** The options of a batch that creates resources, as {@link creationOptions}. */
export function batchCreationOptions(
  request: FastifyRequest,
  { lenient }: Batch<unknown>,
): CreateOptions & { lenient: boolean } {
  const { idempotencyKey, ...origin } = creationOptions(request);
  if (idempotencyKey === undefined) return { ...origin, lenient };
  // With the other handling, the response would have another form: that is a different request.
  const requestHash = hash(
    'sha256',
    Buffer.concat([idempotencyKey.requestHash, Buffer.from([Number(lenient)])]),
    'buffer',
  );
  return { ...origin, lenient, idempotencyKey: { ...idempotencyKey, requestHash } };
}

/**
 * The outcomes of a batch that creates resources. Sets `Idempotency-Replayed` as {@link createdItem} does.
 *
 * @throws ApiError 422 if the key was used for a different request.
 */
export function createdItems<T extends object>(
  created: { outcomes: ItemOutcome<T>[]; replayed: boolean } | typeof KeyReused,
  reply: FastifyReply,
): ItemOutcome<T>[] {
  if (created === KeyReused) throw idempotencyKeyReused();
  if (created.replayed) reply.header('idempotency-replayed', 'true');
  return created.outcomes;
}

/**
 * The result of each item: the errors of validation, and the outcomes of the others. Without those of resources whose owner was
 * deleted since, if the batch is not lenient.
 *
 * @param describe returns the error of an item that the store rejected.
 * @throws ApiError if the batch was not stored: 403, then 400 with all errors, then 412.
 */
export function batchResults<Input, T extends object>(
  { list, lenient, inputs }: Batch<Input>,
  outcomes: readonly ItemOutcome<T>[],
  describe: (rejection: Exclude<ItemRejection, 'NotStored'>, input: Input, name: ItemName) => ApiError,
): (T | ApiError)[] {
  const remaining = outcomes.values();
  const results: (T | ApiError)[] = [];
  const rejected: { error: ApiError; name: ItemName }[] = [];
  for (const [index, input] of inputs.entries()) {
    const outcome = input instanceof ApiError ? input : (remaining.next().value as ItemOutcome<T>);
    if (outcome === 'NotStored' || (outcome === 'Erased' && !lenient)) continue;
    if (!isRejected(outcome)) {
      results.push(outcome);
      continue;
    }
    const name = nameOf(list, index, lenient);
    const error = describe(outcome, input as Input, name);
    results.push(error);
    rejected.push({ error, name });
  }
  if (!lenient && rejected.length > 0) throw batchError(rejected);
  return results;
}

/** Sends the items or, if the batch is lenient, the result of each. */
export function sendBatch<T extends object>(
  reply: FastifyReply,
  { list, lenient }: Batch<unknown>,
  results: readonly (T | ApiError)[],
  { status, toResult }: { status: number; toResult: (item: T) => object },
): FastifyReply {
  if (!lenient) return status === 204 ? reply.code(204).send() : reply.code(status).send({ [list]: results });
  reply.header('preference-applied', 'handling=lenient');
  return reply.code(200).send({
    results: results.map((result) =>
      result instanceof ApiError
        ? { status: result.statusCode, error: errorBody(result, reply.request.id) }
        : { status, ...toResult(result) },
    ),
  });
}

function batchError(rejected: readonly { error: ApiError; name: ItemName }[]): ApiError {
  const errors = rejected.map(({ error }) => error);
  const forbidden = errors.find(({ statusCode }) => statusCode === 403);
  if (forbidden !== undefined) return forbidden;
  const invalid = errors.filter(({ statusCode }) => statusCode === 400);
  if (invalid.length > 0) return combine(invalid);
  return preconditionFailed(rejected.map(({ name }) => name.item));
}

function nameOf(list: string, index: number, lenient: boolean): ItemName {
  const item = `${list}[${index}]`;
  return { item, field: (name) => (lenient ? name : `${item}.${name}`) };
}

/** The item without most of its unknown fields, if there are many: each of them costs as much as a known one. */
function withoutManyFields(item: unknown, known: readonly string[]): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const entries = Object.entries(item);
  if (entries.length <= known.length + MAX_DETAILS) return item;
  const unknown = entries.filter(([name]) => !known.includes(name)).slice(0, MAX_DETAILS);
  return Object.fromEntries([...entries.filter(([name]) => known.includes(name)), ...unknown]);
}
