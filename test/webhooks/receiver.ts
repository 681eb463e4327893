import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A delivery as it arrived. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: { type: string; timestamp: string; data: Record<string, unknown>; sequence: number };
}

export interface Receiver {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Everything that arrived, in order. */
  received: Received[];
  server: Server;
}

/** Responds to a delivery: returns the status, or writes the response itself and returns undefined. */
export type Respond = (received: Received, response: ServerResponse) => number | undefined;

/** A receiver on this machine, until the test ends. */
export async function startReceiver(t: Pick<TestContext, 'after'>, respond: Respond = () => 204): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const one = { path: String(request.url), headers: request.headers, body, event: JSON.parse(body) };
    received.push(one);
    const status = respond(one, response);
    if (status !== undefined) response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server };
}

/** The sequence numbers that arrived of each resource, in order. */
export function byResource(received: Received[]): Map<string, number[]> {
  const sequences = new Map<string, number[]>();
  for (const { event } of received) {
    const { userId, taskId } = event.data;
    const resource = event.type.startsWith('task.') ? `task/${taskId}` : `user/${userId}`;
    sequences.set(resource, [...(sequences.get(resource) ?? []), event.sequence]);
  }
  return sequences;
}
