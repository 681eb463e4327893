import { once } from 'node:events';
import { connect } from 'node:net';
import { formatResponse, recorded } from './transcript.ts';

/** How many characters of a request are recorded: some are megabytes. */
const MAX_NOTED = 1000;

export interface RawAnswer {
  statusCode: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Sends bytes as they are and reads one answer, which the server ends by closing or by Content-Length. */
export function sendRaw(port: number, ...chunks: (string | Buffer)[]): Promise<RawAnswer> {
  return recorded(chunks.join('').slice(0, MAX_NOTED), () => exchange(port, chunks), formatRaw);
}

async function exchange(port: number, chunks: (string | Buffer)[]): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let complete: RawAnswer | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    complete ??= parse(received);
    if (complete !== undefined) socket.destroy();
  });
  // The server may close before everything is sent: what counts is what it answered.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const chunk of chunks) socket.write(chunk);
  await once(socket, 'close');
  if (complete === undefined) throw new Error(`no whole answer: ${JSON.stringify(received)}`);
  return complete;
}

function formatRaw({ statusCode, headers, body }: RawAnswer): string {
  return formatResponse(String(statusCode), headers, Buffer.from(body, 'latin1'));
}

function parse(received: string): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const statusCode = Number(statusLine.split(' ')[1]);
  // What follows may be the beginning of another answer. Before 200 there is no body.
  const length = statusCode < 200 ? 0 : Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const body = received.slice(end + 4).slice(0, length);
  if (Number.isFinite(length) && body.length < length) return undefined;
  return { statusCode, headers, body };
}
