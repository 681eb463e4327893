import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** What happens to a request. The service does not get it with `cut-before` and `rejected-`. */
export type Failure =
  | 'cut-before'
  | 'cut-after'
  | 'cut-within'
  | 'slow'
  | 'rejected-429'
  | 'rejected-503'
  | 'late-503'
  | 'bad-gateway';

export const FAILURES: readonly Failure[] = [
  'cut-before',
  'cut-after',
  'cut-within',
  'slow',
  'rejected-429',
  'rejected-503',
  'late-503',
  'bad-gateway',
];

export interface UnreliableProxy {
  url: string;
  /** The failures of the next requests, in order; undefined for success. After them, requests succeed. */
  failures: (Failure | undefined)[];
  /** How many requests have arrived. */
  requests: number;
  /** How many of them have failed. */
  failed: number;
  /** Closes all connections, such as those of event streams. */
  cut: () => void;
}

/** Starts a proxy to the service at a URL, whose requests fail as the test plans. It is stopped when the test ends. */
export async function startUnreliableProxy(t: TestContext, target: string): Promise<UnreliableProxy> {
  const server = createServer((incoming, outgoing) => {
    const failure = proxy.failures.shift();
    proxy.requests++;
    if (failure !== undefined) proxy.failed++;
    // The test sees what the client makes of a lost connection.
    handle(target, incoming, outgoing, failure).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: UnreliableProxy = { url, failures: [], requests: 0, failed: 0, cut: () => server.closeAllConnections() };
  return proxy;
}

async function handle(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  failure: Failure | undefined,
): Promise<void> {
  const body = await buffer(incoming);
  if (failure === 'cut-before') return void outgoing.destroy();
  if (failure === 'rejected-429') return reject(outgoing, 429, 'RATE_LIMIT_EXCEEDED');
  if (failure === 'rejected-503') return reject(outgoing, 503, 'SERVICE_UNAVAILABLE');

  const { method, url, headers } = incoming;
  const forwarded = request(`${target}${url}`, { method, headers, agent: false });
  outgoing.on('close', () => forwarded.destroy());
  forwarded.end(body);
  const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
  if (failure === undefined) {
    outgoing.writeHead(response.statusCode ?? 0, response.headers);
    response.pipe(outgoing).on('error', () => undefined);
    response.on('error', () => outgoing.destroy());
    return;
  }

  const content = await buffer(response);
  switch (failure) {
    case 'cut-within':
      outgoing.writeHead(response.statusCode ?? 0, response.headers);
      outgoing.write(content.subarray(0, content.length / 2), () => outgoing.destroy());
      return;
    case 'late-503':
      return reject(outgoing, 503, 'SERVICE_UNAVAILABLE');
    case 'bad-gateway':
      outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    case 'slow':
      // The client gives up first.
      await once(outgoing, 'close');
      return;
    default:
      outgoing.destroy();
  }
}

function reject(outgoing: ServerResponse, status: number, code: string): void {
  const headers = { 'content-type': 'application/json', 'retry-after': '3' };
  outgoing.writeHead(status, headers).end(JSON.stringify({ code, message: 'try again', requestId: 'req-proxy' }));
}
