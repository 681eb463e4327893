import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { What } from '../../bench/generator/job.ts';
import { runJob } from '../../bench/generator/run-job.ts';

/** Long enough for some responses. */
const DURATION_MS = 50;

/** Starts a server that gives each request to `respond`, and returns its port. */
async function startServer(t: TestContext, respond: (request: string, socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (data) => respond(data.toString('latin1'), socket));
  }).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function load(port: number, what: What) {
  const timing = { warmup: 0, duration: DURATION_MS };
  return runJob({ port, pid: process.pid, token: 't', what, connections: 3, rate: null, ...timing });
}

describe('the load generator', { skip: process.platform !== 'linux' && 'it reads /proc' }, () => {
  test('counts responses that arrive in pieces, with a length or in chunks', async (t) => {
    const sent = { length: 0, chunks: 0 };
    const port = await startServer(t, (request, socket) => {
      const kind = request.startsWith('GET /length') ? 'length' : 'chunks';
      sent[kind]++;
      const head = kind === 'length' ? 'Content-Length: 4' : 'Transfer-Encoding: chunked';
      const [first, rest] = kind === 'length' ? ['[1', '2]'] : ['4\r\n[1,2', '\r\n1\r\n]\r\n0\r\n\r\n'];
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${first}`);
      setImmediate(() => socket.write(rest));
    });
    const { responses, latency } = await load(port, { kind: 'get', paths: ['/length', '/chunks'] });
    assert.ok(responses > 2);
    assert.ok(latency.p50 > 0);
    assert.ok(sent.length > 1 && Math.abs(sent.length - sent.chunks) <= 1);
    // What was on its way when the measurement ended is not counted.
    assert.ok(sent.length + sent.chunks - responses <= 3, `${sent.length + sent.chunks} sent, ${responses} counted`);
  });

  test('the mix is seven gets, two lists and one create of ten, each with its own status', async (t) => {
    const counts = { get: 0, list: 0, create: 0 };
    const emails = new Set<string>();
    const port = await startServer(t, (request, socket) => {
      const kind = request.startsWith('GET /get') ? 'get' : request.startsWith('GET /list') ? 'list' : 'create';
      counts[kind]++;
      if (kind === 'create') emails.add(request);
      socket.write(`HTTP/1.1 ${kind === 'create' ? '201 Created' : '200 OK'}\r\nContent-Length: 0\r\n\r\n`);
    });
    const create = { path: '/users', status: 201 };
    await load(port, { kind: 'mix', gets: ['/get'], lists: ['/list'], create });
    const tens = (counts.get + counts.list + counts.create) / 10;
    assert.ok(tens > 1);
    for (const [kind, share] of [
      ['get', 7],
      ['list', 2],
      ['create', 1],
    ] as const) {
      assert.ok(Math.abs(counts[kind] - share * tens) <= 3, `${kind}: ${counts[kind]} of ${tens * 10}`);
    }
    assert.equal(emails.size, counts.create);
  });

  test('fails for an unexpected status', async (t) => {
    const port = await startServer(t, (_request, socket) =>
      socket.write('HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n'),
    );
    await assert.rejects(
      load(port, { kind: 'get', paths: ['/'] }),
      /expected one response "HTTP\/1\.1 200 …", got: HTTP\/1\.1 429/,
    );
  });
});
