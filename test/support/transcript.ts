import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';

/**
 * Records the HTTP requests and responses of a test, so that the responses of two databases can be compared byte for byte.
 */

/** A request and its response, as text. */
export interface Exchange {
  request: string;
  response: string;
  /** Whether another request of the test was in flight at the same time. */
  overlapped: boolean;
}

/**
 * The recorded part of a request body, which only distinguishes requests: some bodies are megabytes. Bodies that hold an id
 * are shorter, so a longer id never changes which characters are cut off.
 */
const MAX_REQUEST_CHARS = 4000;

const current = new AsyncLocalStorage<Transcript>();

/** The exchanges of a test, in the order in which the requests were sent. */
export class Transcript {
  readonly exchanges: Exchange[] = [];
  readonly #inFlight = new Set<Exchange>();

  /** Runs a test and records its exchanges. */
  record(run: () => void | Promise<void>): void | Promise<void> {
    return current.run(this, run);
  }

  /** Records a request, and its response when it arrives. */
  async add<T>(request: string, send: () => Promise<T>, show: (response: T) => string): Promise<T> {
    const exchange: Exchange = { request, response: 'no response', overlapped: this.#inFlight.size > 0 };
    for (const other of this.#inFlight) other.overlapped = true;
    this.exchanges.push(exchange);
    this.#inFlight.add(exchange);
    try {
      const response = await send();
      exchange.response = show(response);
      return response;
    } finally {
      this.#inFlight.delete(exchange);
    }
  }
}

/** Sends a request, and records it with its response if the current test is recorded. */
export function recorded<T>(request: string, send: () => Promise<T>, show: (response: T) => string): Promise<T> {
  return current.getStore()?.add(request, send, show) ?? send();
}

/** Records every request that is sent to an application with `inject`. */
export function recordInjected(app: FastifyInstance): void {
  const inject = app.inject.bind(app) as (options: InjectOptions) => Promise<LightMyRequestResponse>;
  app.inject = ((options: InjectOptions) =>
    recorded(formatRequest(options), () => inject(options), formatInjected)) as FastifyInstance['inject'];
}

function formatRequest({ method = 'GET', url, headers = {}, payload = '' }: InjectOptions): string {
  const body = Buffer.isBuffer(payload) ? formatBytes(payload) : String(payload);
  return [`${method} ${url}`, ...formatHeaders(headers), '', body.slice(0, MAX_REQUEST_CHARS)].join('\n');
}

function formatInjected({ statusCode, statusMessage, headers, rawPayload }: LightMyRequestResponse): string {
  return formatResponse(`${statusCode} ${statusMessage}`, headers, rawPayload);
}

/** An response as text: its headers in the order in which they were sent. */
export function formatResponse(status: string, headers: object, body: Buffer): string {
  // The length depends on the length of ids.
  const length = String(body.length);
  const lines = formatHeaders(headers).map((line) =>
    line === `content-length: ${length}` ? 'content-length: the length of the body' : line,
  );
  return [status, ...lines, '', formatBytes(body)].join('\n');
}

function formatHeaders(headers: object): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

function formatBytes(bytes: Buffer): string {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : `base64 ${bytes.toString('base64')}`;
}

/**
 * Describes how two runs of a test differ, or returns undefined if they do not. Request ids, dates, tokens, cursors, the
 * entity tags of lists, and the ids of users and tasks may differ. If requests overlapped, so may the order of responses.
 */
export function difference(one: Exchange[], other: Exchange[]): string | undefined {
  const inOrder = ![...one, ...other].some(({ overlapped }) => overlapped);
  const [left, right] = [one, other].map((exchanges) => {
    const names = nameCreated(exchanges, inOrder);
    const texts = exchanges.map(({ request, response }) => mask(`${request}\n=>\n${response}`, names));
    return inOrder ? texts : texts.sort();
  }) as [string[], string[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a = 'nothing', b = 'nothing'] = [left[i], right[i]];
    if (a !== b) return `exchange ${i + 1} of ${left.length} and ${right.length}:\n${compareLines(a, b)}`;
  }
  return undefined;
}

function compareLines(one: string, other: string): string {
  const [left, right] = [one.split('\n'), other.split('\n')];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    if (left[i] === right[i]) return [`  ${left[i]}`];
    return [...(i < left.length ? [`- ${left[i]}`] : []), ...(i < right.length ? [`+ ${right[i]}`] : [])];
  });
  return lines.flat().join('\n');
}

const LOCATION = /^location: (\/(?:users|tasks)\/\d+)$/m;

/** The items of a batch in its response. */
const BATCH = /^POST \/(user|task)s\/batch\n/;
const BATCH_ITEM = { user: /"userId":(\d+),"firstName"/g, task: /"taskId":(\d+),"userId"/g };

/**
 * Names created users and tasks in order: `#1`, `#2` and so on, because ids may have gaps. If requests overlapped, the order
 * is random, so all get the same name.
 */
function nameCreated(exchanges: Exchange[], inOrder: boolean): Map<string, string> {
  const names = new Map<string, string>();
  const name = (path: string) => {
    if (!names.has(path)) names.set(path, inOrder ? `#${names.size + 1}` : '#');
  };
  for (const { request, response } of exchanges) {
    const kind = BATCH.exec(request)?.[1] as 'user' | 'task' | undefined;
    if (kind !== undefined) for (const [, id] of response.matchAll(BATCH_ITEM[kind])) name(`/${kind}s/${id}`);
    const location = LOCATION.exec(response)?.[1];
    if (response.startsWith('201') && location !== undefined) name(location);
  }
  return names;
}

const MASKS: [pattern: RegExp, replacement: string][] = [
  [/req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'req-…'],
  [/tmapi_\w+/gi, 'tmapi_…'],
  // In links that confirm addresses, complete or cut.
  [/(token=|%23|"token":")[\w-]{42,44}/g, '$1…'],
  [/whsec_[\w+/]+=*/g, 'whsec_…'],
  [/^date: .*$/gim, 'date: …'],
  [/"sequence":\d+/g, '"sequence":…'],
  [/_after=\d+/g, '_after=…'],
  [/_cursor=[^&>\s]+/g, '_cursor=…'],
  [/(`_cursor` value ')[^']*/g, '$1…'],
  [/^(etag: |if-none-match: (?:W\/)?)"[\w-]{43}"/gm, '$1"…"'],
];

/** Requests whose responses hold real ids. Elsewhere, for example in the OpenAPI document, an id is only an example. */
const ABOUT_ROWS = /^\w+ \/(?:users|tasks|audit|events)/;

/** Ids of users and tasks in paths, parameters, fields and messages. */
const NUMBER = /\b(user|task)(s\/|Id":|Id=|Id` value '|Ids\[\d+\]` value ')(\d+)(?![\w.])/g;

/** The ids in the body of a batch that deletes tasks. */
const TASK_IDS = /"taskIds":\[[\d,]*/g;

function mask(text: string, names: Map<string, string>): string {
  const masked = MASKS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
  if (!ABOUT_ROWS.test(text)) return masked;
  const nameOf = (kind: string, number: string) => names.get(`/${kind}s/${number}`) ?? number;
  const lists = masked.replace(TASK_IDS, (ids) => ids.replaceAll(/\d+/g, (number) => nameOf('task', number)));
  return lists.replace(NUMBER, (_, kind, between, number) => {
    return `${kind}${between}${nameOf(kind, number)}`;
  });
}
