import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';

/**
 * What a test asked over HTTP and was answered, so that the answers of two databases can be compared byte for byte.
 */

/** One request with its answer, both as text. */
export interface Exchange {
  request: string;
  answer: string;
  /** Whether another request of the test was under way meanwhile. */
  overlapped: boolean;
}

/**
 * How many characters of a body that is sent are kept: some are megabytes, and it only tells requests apart. More than a
 * body with an id in it has, since a database may give longer ids, and what is cut off would be other characters.
 */
const MAX_SENT = 4000;

const current = new AsyncLocalStorage<Transcript>();

/** All that a test exchanged, in the order in which the requests were sent. */
export class Transcript {
  readonly exchanges: Exchange[] = [];
  readonly #underWay = new Set<Exchange>();

  /** Runs a test, and notes what it exchanges. */
  record(run: () => void | Promise<void>): void | Promise<void> {
    return current.run(this, run);
  }

  /** Notes a request, and its answer when there is one. */
  async note<T>(request: string, send: () => Promise<T>, show: (answer: T) => string): Promise<T> {
    const exchange: Exchange = { request, answer: 'no answer', overlapped: this.#underWay.size > 0 };
    for (const other of this.#underWay) other.overlapped = true;
    this.exchanges.push(exchange);
    this.#underWay.add(exchange);
    try {
      const answer = await send();
      exchange.answer = show(answer);
      return answer;
    } finally {
      this.#underWay.delete(exchange);
    }
  }
}

/** Sends a request, and notes it with its answer if the present test is recorded. */
export function recorded<T>(request: string, send: () => Promise<T>, show: (answer: T) => string): Promise<T> {
  return current.getStore()?.note(request, send, show) ?? send();
}

/** Notes whatever is sent to an application with `inject`. */
export function recordInjected(app: FastifyInstance): void {
  const inject = app.inject.bind(app) as (options: InjectOptions) => Promise<LightMyRequestResponse>;
  app.inject = ((options: InjectOptions) =>
    recorded(formatRequest(options), () => inject(options), formatInjected)) as FastifyInstance['inject'];
}

function formatRequest({ method = 'GET', url, headers = {}, payload = '' }: InjectOptions): string {
  const body = Buffer.isBuffer(payload) ? formatBytes(payload) : String(payload);
  return [`${method} ${url}`, ...formatHeaders(headers), '', body.slice(0, MAX_SENT)].join('\n');
}

function formatInjected({ statusCode, statusMessage, headers, rawPayload }: LightMyRequestResponse): string {
  return formatResponse(`${statusCode} ${statusMessage}`, headers, rawPayload);
}

/** An answer as text: its headers in the order in which they were sent. */
export function formatResponse(status: string, headers: object, body: Buffer): string {
  // Ids of different lengths make bodies of different lengths.
  const length = String(body.length);
  const lines = formatHeaders(headers).map((line) =>
    line === `content-length: ${length}` ? 'content-length: as many bytes as the body has' : line,
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
 * How two runs of a test differ, for a person to read, or undefined when all answers are the same but for what may
 * differ: request ids, dates, tokens, cursors, the entity tags of lists, and the numbers that users and tasks get. Where
 * requests overlapped, the order of the answers may differ too.
 */
export function difference(one: Exchange[], other: Exchange[]): string | undefined {
  const inOrder = ![...one, ...other].some(({ overlapped }) => overlapped);
  const [left, right] = [one, other].map((exchanges) => {
    const names = nameCreated(exchanges, inOrder);
    const texts = exchanges.map(({ request, answer }) => mask(`${request}\n=>\n${answer}`, names));
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

/**
 * What each created user and task is called: the first, the second and so on, since a database may leave numbers out.
 * Which of several that are created together comes first is left to chance, and then all are called the same.
 */
function nameCreated(exchanges: Exchange[], inOrder: boolean): Map<string, string> {
  const names = new Map<string, string>();
  for (const { answer } of exchanges) {
    const location = LOCATION.exec(answer)?.[1];
    if (answer.startsWith('201') && location !== undefined) names.set(location, inOrder ? `#${names.size + 1}` : '#');
  }
  return names;
}

const MASKS: [pattern: RegExp, replacement: string][] = [
  [/req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'req-…'],
  [/tmapi_\w+/gi, 'tmapi_…'],
  // Of links that confirm addresses, whole or nearly.
  [/(token=|%23|"token":")[\w-]{42,44}/g, '$1…'],
  [/whsec_[\w+/]+=*/g, 'whsec_…'],
  [/^date: .*$/gim, 'date: …'],
  [/"sequence":\d+/g, '"sequence":…'],
  [/_after=\d+/g, '_after=…'],
  [/_cursor=[^&>\s]+/g, '_cursor=…'],
  [/(`_cursor` value ')[^']*/g, '$1…'],
  [/^(etag: |if-none-match: (?:W\/)?)"[\w-]{43}"/gm, '$1"…"'],
];

/** Requests for users and tasks, and for what was done with them: elsewhere, as in the OpenAPI document, a number is only an example. */
const ABOUT_ROWS = /^\w+ \/(?:users|tasks|audit|events)/;

/** Where a user or a task is named by number: in paths, parameters, fields and messages. */
const NUMBER = /\b(user|task)(s\/|Id":|Id=|Id` value ')(\d+)(?![\w.])/g;

function mask(text: string, names: Map<string, string>): string {
  const masked = MASKS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
  if (!ABOUT_ROWS.test(text)) return masked;
  return masked.replace(NUMBER, (_, kind, between, number) => {
    return `${kind}${between}${names.get(`/${kind}s/${number}`) ?? number}`;
  });
}
