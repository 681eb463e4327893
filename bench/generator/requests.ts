import type { Job } from './job.ts';

/** How many different numbers {@link nextNumber} gives: far more than a run needs. */
const NUMBERS = 1_000_000_000;
/** Has no factor in common with NUMBERS, so that its multiples run through all of them. */
const STRIDE = 618_033_989;

/** With nine digits after it, the key is as long as a UUID. */
const KEY_START = 'Idempotency-Key: 00000000-0000-4000-8000-000';

let count = 0;

/**
 * A number from 0 that was not given before in this process. They come in no order, as people's addresses do: in order,
 * the index of addresses would be cheaper to keep than it is in life.
 */
function nextNumber(): number {
  return (++count * STRIDE) % NUMBERS;
}

/** Makes the text of one request after another, complete with headers. */
export function requestsOf({ port, token, what }: Job): () => string {
  const headers = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`;
  if (what.kind === 'read') {
    return () => `GET /users/${1 + (nextNumber() % what.users)} HTTP/1.1\r\n${headers}\r\n`;
  }
  if (what.kind === 'paths') {
    let turn = 0;
    return () => `GET ${what.paths[turn++ % what.paths.length]} HTTP/1.1\r\n${headers}\r\n`;
  }
  const bodyStart = '{"firstName":"John","lastName":"Doe","contactEmail":"load';
  const bodyEnd = '@example.com"}';
  const digits = String(NUMBERS - 1).length;
  const length = bodyStart.length + digits + bodyEnd.length;
  const head = `POST /users HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
  return () => {
    const number = String(nextNumber()).padStart(digits, '0');
    const key = what.keyed ? `${KEY_START}${number}\r\n` : '';
    return `${head}${key}\r\n${bodyStart}${number}${bodyEnd}`;
  };
}
