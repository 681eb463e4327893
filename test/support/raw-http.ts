import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawAnswer {
  statusCode: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Sends bytes as they are and reads one answer, which the server ends by closing or by Content-Length. */
export async function sendRaw(port: number, ...chunks: (string | Buffer)[]): Promise<RawAnswer> {
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

function parse(received: string): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = received.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  return { statusCode: Number(statusLine.split(' ')[1]), headers, body };
}
