import type { Create, Job } from './job.ts';

/** A request, complete with headers, and how its response must begin. */
export interface Request {
  text: string;
  expected: string;
}

/** How many different numbers {@link nextNumber} gives: far more than a run needs. */
const NUMBERS = 1_000_000_000;
const DIGITS = String(NUMBERS - 1).length;
/** Has no factor in common with NUMBERS, so that its multiples run through all of them. */
const STRIDE = 618_033_989;

/** With nine digits after it, the key is as long as a UUID. */
const KEY_START = 'Idempotency-Key: 00000000-0000-4000-8000-000';

/** Seven gets, two lists and one create. */
const MIX = ['get', 'get', 'list', 'get', 'get', 'create', 'get', 'list', 'get', 'get'] as const;

let count = 0;

/**
 * A number from 0 that was not given before in this process. They come in no order, as people's addresses do: in order,
 * the index of addresses would be cheaper to keep than it is in life.
 */
function nextNumber(): number {
  return (++count * STRIDE) % NUMBERS;
}

/** Makes one request after another. */
export function requestsOf({ port, token, what }: Job): () => Request {
  const headers = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`;
  if (what.kind === 'create') return creates(what.create, headers, what.withKey === true);
  if (what.kind === 'get') return gets(what.paths, headers);
  const next = {
    get: gets(what.gets, headers),
    list: gets(what.lists, headers),
    create: creates(what.create, headers, false),
  };
  let turn = 0;
  return () => next[MIX[turn++ % MIX.length] as (typeof MIX)[number]]();
}

function gets(paths: readonly string[], headers: string): () => Request {
  const requests = paths.map((path) => ({ text: `GET ${path} HTTP/1.1\r\n${headers}\r\n`, expected: start(200) }));
  let turn = 0;
  return () => requests[turn++ % requests.length] as Request;
}

function creates({ path, status }: Create, headers: string, withKey: boolean): () => Request {
  const bodyStart = '{"firstName":"John","lastName":"Doe","contactEmail":"load';
  const bodyEnd = '@example.com"}';
  const length = bodyStart.length + DIGITS + bodyEnd.length;
  const head = `POST ${path} HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
  const expected = start(status);
  return () => {
    const number = String(nextNumber()).padStart(DIGITS, '0');
    const key = withKey ? `${KEY_START}${number}\r\n` : '';
    return { text: `${head}${key}\r\n${bodyStart}${number}${bodyEnd}`, expected };
  };
}

function start(status: number): string {
  return `HTTP/1.1 ${status} `;
}
