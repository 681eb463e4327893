import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * The least that Node can do for these requests: `node:http` alone, which reads the body, stores nothing and sends a
 * fixed response of the size of the service's own. Run with the port to listen on.
 */
const USER = { userId: 12345, firstName: 'John', lastName: 'Doe', contactEmail: 'user123456789@example.com' };
const BODY = JSON.stringify(USER);
const LIST = JSON.stringify([USER]);

createServer((request, response) => {
  if (request.method === 'POST') readBody(request, () => respond(response, 201, BODY));
  else respond(response, 200, request.url?.startsWith('/users?') ? LIST : BODY);
}).listen(Number(process.argv[2]), '127.0.0.1');

function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks)));
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
