import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

const INTERVAL_MS = 5;

/** Writes a text again and again, as long as it is taken. */
function flood(socket: Socket, text: string): void {
  const many = text.repeat(500);
  const more = () => {
    while (socket.writable && socket.write(many));
  };
  socket.on('drain', more);
  more();
}

/** Writes a text again and again, slowly. */
function trickle(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), INTERVAL_MS);
  socket.on('close', () => clearInterval(timer));
}

/** What a receiver may do to one who waits for its response, when the request has come. */
export const HOSTILE = {
  upgrade: (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  'upgrade without a header': (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  silence: () => undefined,
  close: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  'informational responses without end': (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'slow informational responses': (socket) => trickle(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  'headers without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    flood(socket, `X-More: ${'a'.repeat(100)}\r\n`);
  },
  'slow headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    trickle(socket, 'X: y\r\n');
  },
  'slow body': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    trickle(socket, 'a');
  },
  'body without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    flood(socket, '400\r\n'.concat('a'.repeat(1024), '\r\n'));
  },
  'body that is cut': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'),
} as const satisfies Record<string, (socket: Socket) => void>;

export type Hostility = keyof typeof HOSTILE;

export interface HostileReceiver {
  url: string;
  /** The connections that are open. */
  open: Set<Socket>;
  /** How many there have been. */
  connections: () => number;
}

/** A receiver that does not speak HTTP as it should, until the test ends. */
export async function startHostileReceiver(t: Pick<TestContext, 'after'>, name: Hostility): Promise<HostileReceiver> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.on('end', () => socket.destroy());
    socket.once('data', () => HOSTILE[name](socket));
    socket.on('data', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, open, connections: () => connections };
}
