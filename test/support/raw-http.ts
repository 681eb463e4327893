import { once } from 'node:events';
import { connect } from 'node:net';
import { formatResponse, recorded } from './transcript.ts';

/** The recorded part of a request, in characters: some requests are megabytes. */
const MAX_RECORDED_CHARS = 1000;

export interface RawResponse {
  statusCode: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Sends raw bytes and reads one response, up to its Content-Length or the end of the connection. */
export function sendRaw(port: number, ...chunks: (string | Buffer)[]): Promise<RawResponse> {
  return recorded(chunks.join('').slice(0, MAX_RECORDED_CHARS), () => exchange(port, chunks), formatRaw);
}

async function exchange(port: number, chunks: (string | Buffer)[]): Promise<RawResponse> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let complete: RawResponse | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    complete ??= parse(received);
    if (complete !== undefined) socket.destroy();
  });
  // The server may close the connection before everything is sent; the response counts.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const chunk of chunks) socket.write(chunk);
  await once(socket, 'close');
  if (complete === undefined) throw new Error(`incomplete response: ${JSON.stringify(received)}`);
  return complete;
}

function formatRaw({ statusCode, headers, body }: RawResponse): string {
  return formatResponse(String(statusCode), headers, Buffer.from(body, 'latin1'));
}

function parse(received: string): RawResponse | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const statusCode = Number(statusLine.split(' ')[1]);
  // More bytes may be the start of another response. An informational response has no body.
  const length = statusCode < 200 ? 0 : Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const body = received.slice(end + 4).slice(0, length);
  if (Number.isFinite(length) && body.length < length) return undefined;
  return { statusCode, headers, body };
}
