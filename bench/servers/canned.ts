import { createServer } from 'node:net';

/**
 * Not HTTP at all: sends the same bytes for whatever arrives, which is about as cheap as a server in Node can be. What
 * the generator reaches against it is the generator's own limit. Run with the port to listen on.
 */
const BODY = '{"userId":12345,"firstName":"John","lastName":"Doe","contactEmail":"user123456789@example.com"}';
const RESPONSE = Buffer.from(
  `HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
);

createServer({ noDelay: true }, (socket) => {
  // A request is small enough to arrive in one piece, and the next is not sent before its response.
  socket.on('data', () => socket.write(RESPONSE));
}).listen(Number(process.argv[2]), '127.0.0.1');
