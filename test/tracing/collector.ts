import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { ROOT } from '../docs/clone.ts';
import { waitFor } from '../support/wait-for.ts';

/** A span in the JSON encoding of OTLP. */
export interface ExportedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  status: { code?: number };
}

export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  spans: ExportedSpan[];
  /** Everything that arrived, as text. */
  text: () => string;
  /** Waits for a span of this name in a trace. */
  find: (name: string, traceId: string) => Promise<ExportedSpan>;
}

/** The `tracing.mjs` of the documentation. */
export const TRACING = readCheckedBlock('docs/traces.md', join(ROOT, 'test/tracing/spans.test.ts'));

/** The environment variables of an SDK that sends spans to a collector soon. */
export function exportTo({ url }: Collector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  };
}

type Value = { stringValue?: string; intValue?: number; arrayValue?: { values: Value[] } };

function toValue({ stringValue, intValue, arrayValue }: Value): unknown {
  return arrayValue === undefined ? (stringValue ?? Number(intValue)) : arrayValue.values.map(toValue);
}

/** A collector of OTLP over HTTP, in JSON, until the test ends. */
export async function startCollector(t: TestContext): Promise<Collector> {
  const spans: ExportedSpan[] = [];
  let text = '';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    text += body;
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }: { spans: never[] }) => spans)) {
        const attributes = span.attributes.map(({ key, value }: { key: string; value: Value }) => [
          key,
          toValue(value),
        ]);
        spans.push({ ...span, attributes: Object.fromEntries(attributes) });
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => text,
    find: (name, traceId) =>
      waitFor(() => spans.find((span) => span.name === name && span.traceId === traceId), {
        message: `no span ${name} in trace ${traceId}`,
      }),
  };
}
