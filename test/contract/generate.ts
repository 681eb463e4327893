import fc from '../support/fast-check.ts';
import { LINES } from '../support/list-stream.ts';
import type { Operation, Schema } from './document.ts';

/** A request as it is sent, and what is known of it. */
export interface GeneratedRequest {
  operation: Operation;
  url: string;
  /** Whose token it carries. */
  token: TokenKind;
  headers: Record<string, string>;
  payload: string | undefined;
  /** Whether path, query and body are as the document says: then the response is no error of theirs. */
  valid: boolean;
}

/** `limited` soon has no requests left; `bound` is one user's; `reader` may only read. */
export type TokenKind = 'admin' | 'reader' | 'bound' | 'limited' | 'unknown' | 'none';

/** Ids that are likely to exist. */
const ID = fc.integer({ min: 1, max: 40 });
const BROKEN_IDS = ['0', '-1', '01', '1.5', 'abc', '9007199254740992', '%00', '1e3'];

const WORDS = ['Ada', 'Zoë', '用户', 'o’Neill', '😀', 'a b', '\u0001', '"', '\u202e'];
const text = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }).map((words) => words.join(''));

const email = fc
  .tuple(
    fc.constantFrom('ann', 'BOB', 'zoë', 'o.k+x'),
    fc.integer({ min: 0, max: 60 }),
    fc.constantFrom('example.com', 'Пример.рф'),
  )
  .map(([name, number, domain]) => `${name}${number}@${domain}`);

/** The description says that there is at least one word, and at most eight. */
const search = fc
  .array(fc.constantFrom('a', 'zoë', 'AD', 'neill', '用户', '0', '😀 x'), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(' '));

const dateTime = fc
  .tuple(
    fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }),
    fc.constantFrom('', 'Z', '+02:00', '-11:30'),
    fc.constantFrom(16, 19, 21, 23),
  )
  .map(([date, zone, length]) => `${date.toISOString().slice(0, length)}${zone}`);

/** Values of a schema, those at its edges often. */
function arbitraryOf(name: string, schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const [type] = [schema.type].flat();
  if (type === 'integer') {
    const { minimum = 0, maximum = 1000 } = schema;
    if (name === 'userId' || name === 'taskId') return ID;
    return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum));
  }
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') return itemsOf(name, schema.items ?? {});
  if (name === 'ifMatch') return fc.constantFrom('"1"', '"2", W/"1"', '*');
  if (schema.format === 'idn-email') return email;
  if (schema.format === 'date-time') return dateTime;
  if (name === '_search') return search;
  const { minLength = 1, maxLength = 100, pattern } = schema;
  const lengths = fc.constantFrom(minLength, maxLength, Math.min(minLength + 5, maxLength));
  const plain = fc.tuple(text, lengths).map(([one, length]) => [...one.repeat(length)].slice(0, length).join(''));
  if (pattern === undefined) return plain;
  const matches = new RegExp(pattern, 'u');
  return name.startsWith('_')
    ? fc.stringMatching(matches)
    : plain.map((one) => (matches.test(one) ? one : 'x'.repeat(minLength)));
}

const BROKEN_VALUES = [
  null,
  true,
  -1,
  0,
  3.5,
  1e300,
  '',
  ' ',
  '\u3000',
  'x'.repeat(300),
  'a\0b',
  '\ud800',
  [],
  {},
  'soon',
];

/** The values of a list, or the items of a batch. An id comes up once, which the document can only describe. */
function itemsOf(name: string, schema: Schema): fc.Arbitrary<unknown[]> {
  if (schema.properties === undefined) {
    const value = name === 'taskIds' ? ID : arbitraryOf(name, schema);
    return fc.uniqueArray(value, { minLength: 1, maxLength: 4 });
  }
  const body = bodyOf(schema);
  const item = fc.oneof(
    { weight: 12, arbitrary: body },
    { weight: 1, arbitrary: spoilt(body, Object.keys(schema.properties)) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...BROKEN_VALUES) },
  );
  const selector = (one: unknown) => (one as { taskId?: unknown } | null)?.taskId ?? {};
  return fc.uniqueArray(item, { minLength: 1, maxLength: 4, selector });
}

/** Objects of a schema: all that is required, and some of the rest. */
function bodyOf(schema: Schema): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {}, required = [] } = schema;
  const writable = Object.entries(properties).filter(([, { readOnly }]) => readOnly !== true);
  const model = Object.fromEntries(writable.map(([name, one]) => [name, arbitraryOf(name, one)]));
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) });
}

/** Now and then something that is not as the schema says. */
function spoilt(body: fc.Arbitrary<Record<string, unknown>>, names: string[]): fc.Arbitrary<Record<string, unknown>> {
  const field = fc.constantFrom(...names, 'nickname', '__proto__', 'constructor');
  const change = fc.oneof(
    fc.tuple(field, fc.constantFrom(...BROKEN_VALUES)).map(([name, value]) => (one: Record<string, unknown>) => {
      return Object.defineProperty({ ...one }, name, { value, enumerable: true });
    }),
    field.map((name) => (one: Record<string, unknown>) => {
      const { [name]: _, ...rest } = one;
      return rest;
    }),
  );
  return fc.tuple(body, fc.array(change, { minLength: 1, maxLength: 3 })).map(([one, changes]) => {
    return changes.reduce((result, apply) => apply(result), one);
  });
}

const NOT_JSON = ['', '{', 'null', '[]', '"x"', '{"a":1}}', '\ufeff{}', 'NaN'];

/**
 * Undefined text is no body at all. A read-only field is the resource's own id: as in the path it is allowed beside others,
 * and otherwise not.
 *
 * @param id in the path; undefined for none, or one that is none.
 */
function payloadOf(
  { body }: Operation,
  id: number | undefined,
): fc.Arbitrary<{ text: string | undefined; valid: boolean }> {
  if (body === undefined) return fc.constant({ text: undefined, valid: true });
  const { properties = {} } = body.schema;
  const names = Object.keys(properties);
  const ownId = names.find((name) => properties[name]?.readOnly === true);
  const judged = (value: Record<string, unknown>) => {
    const isRead = ownId !== undefined && Object.hasOwn(value, ownId);
    const allowed = !isRead || (value[ownId] === id && Object.keys(value).length > 1);
    return { text: JSON.stringify(value), valid: body.isValid(value) && allowed };
  };
  const sent = fc.constantFrom(undefined, undefined, undefined, id ?? 1, id ?? 1, (id ?? 1) + 1);
  const bodies = fc.tuple(bodyOf(body.schema), sent).map(([fields, own]) => {
    return own === undefined || ownId === undefined ? fields : { [ownId]: own, ...fields };
  });
  return fc.oneof(
    { weight: 6, arbitrary: bodies.map(judged) },
    { weight: 3, arbitrary: spoilt(bodies, names).map(judged) },
    { weight: 1, arbitrary: fc.constantFrom(...NOT_JSON).map((text) => ({ text, valid: false })) },
  );
}

function pathOf({ path }: Operation): fc.Arbitrary<{ path: string; valid: boolean; id?: number }> {
  if (!path.includes('{')) return fc.constant({ path, valid: true });
  const insert = (id: string) => path.replaceAll(/\{\w+\}/g, id);
  return fc.oneof(
    { weight: 9, arbitrary: ID.map((id) => ({ path: insert(String(id)), valid: true, id })) },
    { weight: 1, arbitrary: fc.constantFrom(...BROKEN_IDS).map((id) => ({ path: insert(id), valid: false })) },
  );
}

function queryOf({ parameters }: Operation): fc.Arbitrary<{ query: string; valid: boolean; paged: boolean }> {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  if (inQuery.length === 0) return fc.constant({ query: '', valid: true, paged: false });
  const broken = fc.constantFrom('', 'x', '-1', '1.0', '999999999999', ',', '1,', '1,1', 'BLOCKED,BLOCKED', 'TRUE');
  const one = fc.constantFrom(...inQuery).chain(({ name, schema, isValid }) =>
    fc
      .oneof({ weight: 8, arbitrary: arbitraryOf(name, schema).map(String) }, { weight: 1, arbitrary: broken })
      // A cursor that is made up is one that is rejected.
      .map((value) => ({ name, value, valid: isValid(value) && name !== '_cursor' })),
  );
  const unknown = fc.constant({ name: 'foo', value: '1', valid: false });
  const all = fc.array(fc.oneof({ weight: 20, arbitrary: one }, { weight: 1, arbitrary: unknown }), { maxLength: 3 });
  return all.map((list) => {
    const names = list.map(({ name }) => name);
    const sort =
      list
        .find(({ name }) => name === '_sort')
        ?.value.replaceAll('-', '')
        .split(',') ?? [];
    return {
      query: new URLSearchParams(list.map(({ name, value }) => [name, value])).toString(),
      valid:
        list.every(({ valid }) => valid) && new Set(names).size === names.length && new Set(sort).size === sort.length,
      paged: names.some((name) => ['_page', '_perPage', '_cursor'].includes(name)),
    };
  });
}

const token = fc.oneof(
  { weight: 30, arbitrary: fc.constant<TokenKind>('admin') },
  { weight: 5, arbitrary: fc.constantFrom<TokenKind>('reader', 'bound', 'limited', 'unknown', 'none') },
);

const headers = fc.record(
  {
    'if-none-match': fc.constantFrom('*', '"1"', 'W/"2"', 'null', '"x"'),
    accept: fc.constantFrom('*/*', LINES, LINES, `${LINES};q=0.9, */*;q=0.1`, `${LINES};q=0.9, */*`),
    prefer: fc.constantFrom('handling=lenient', 'count=exact', 'return=minimal', 'count=planned, respond-async'),
  },
  { requiredKeys: [] },
);

function wantsLines({ responses }: Operation, { accept = '' }: { accept?: string }): boolean {
  return responses[200]?.lines === true && accept.startsWith(LINES) && !accept.endsWith(' */*');
}

/** Requests of all operations, valid and broken. */
export function requestsOf(operations: readonly Operation[]): fc.Arbitrary<GeneratedRequest> {
  return fc.constantFrom(...operations).chain((operation) =>
    pathOf(operation).chain((path) =>
      fc
        .record({ query: queryOf(operation), payload: payloadOf(operation, path.id), token, headers })
        .map(({ query, payload, ...rest }) => ({
          ...rest,
          operation,
          url: path.path + (query.query && `?${query.query}`),
          payload: payload.text,
          valid: path.valid && query.valid && payload.valid && !(query.paged && wantsLines(operation, rest.headers)),
        })),
    ),
  );
}
