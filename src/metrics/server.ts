import type { Server } from 'node:http';
import { Registry } from '@prometheus-io/client';
import { createServer } from '../node-http.ts';

/** How long a client may take to send a request, and stay connected without one. */
const TIMEOUT_MS = 10_000;

/**
 * The HTTP server of `GET /metrics`. It does not listen yet.
 *
 * @param render returns the metrics in Prometheus's text format.
 */
export function createMetricsServer(render: () => Promise<string>): Server {
  const timeouts = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS };
  const server = createServer(timeouts, (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else {
      render().then(
        (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text),
        // For example, a worker did not report in time. A sum without it would be wrong.
        () => response.writeHead(503).end(),
      );
    }
  });
  // It does not keep the process running.
  return server.on('listening', () => server.unref());
}
