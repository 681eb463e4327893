import type { Attributes, Context, Link, Span, SpanContext, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import { traceIdOf } from './traceparent.ts';

type Api = typeof import('@opentelemetry/api');

export type { Attributes, Span };

/** Under this key, version 1 of the API of OpenTelemetry keeps what an SDK has registered, for all copies of the package. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

/** How long to wait for the SDK to send its last spans. */
const FLUSH_TIMEOUT_MS = 1_000;

/** An SDK is loaded, but with a version of `@opentelemetry/api` that this service cannot use. */
export class IncompatibleSdk extends Error {}

/**
 * What records spans; undefined if no SDK of OpenTelemetry was loaded before, as with `node --import`. Then not even the
 * API is loaded.
 *
 * @param version of the service.
 * @throws IncompatibleSdk if the SDK uses an older API.
 */
export async function findTracing(version: string): Promise<Tracing | undefined> {
  const registered = (globalThis as { [REGISTRY]?: { trace?: unknown; version?: string } })[REGISTRY];
  if (registered?.trace === undefined) return undefined;
  const api = await import('@opentelemetry/api');
  // The API ignores what a version that it is not compatible with has registered.
  if (api.trace.getTracerProvider() !== registered.trace) {
    throw new IncompatibleSdk(`@opentelemetry/api ${registered.version} of the SDK is too old`);
  }
  return new Tracing(api, version);
}

/** Where a span continues the trace of an earlier operation, perhaps in another process. */
export interface Parent {
  /** Undefined to start a trace. */
  traceparent: string | null | undefined;
  /** The `tracestate` that came with it. The API ignores what exceeds the limits: 32 entries, 512 characters. */
  tracestate?: string | undefined;
}

/** Records spans with the SDK that the operator has loaded. */
export class Tracing {
  readonly #api: Api;
  readonly #tracer: Tracer;

  constructor(api: Api, version: string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer('task-management-api', version);
  }

  /** Starts a span whose parent is in another process or in the past. The caller ends it. */
  startFrom(
    { traceparent, tracestate }: Parent,
    kind: keyof typeof SpanKind,
    name: string,
    attributes: Attributes,
  ): Span {
    const options: SpanOptions = { kind: this.#api.SpanKind[kind], attributes, root: !traceparent };
    const parent = traceparent ? this.#remote(traceparent, tracestate) : this.#api.ROOT_CONTEXT;
    return this.#tracer.startSpan(name, options, parent);
  }

  /** Starts a span inside the active one; undefined if none is active or it is not recorded. The caller ends it. */
  startChild(kind: keyof typeof SpanKind, name: string, attributes: Attributes): Span | undefined {
    if (this.current() === undefined) return undefined;
    return this.#tracer.startSpan(name, { kind: this.#api.SpanKind[kind], attributes });
  }

  /** Starts the span of work that is done for several spans at once: a child of the first, with links to the others. */
  startShared(spans: readonly (Span | undefined)[], name: string, attributes: Attributes): Span | undefined {
    const [first, ...others] = spans.filter((span) => span !== undefined);
    if (first === undefined) return undefined;
    const links: Link[] = others.map((span) => ({ context: span.spanContext() }));
    const parent = this.#api.trace.setSpan(this.#api.ROOT_CONTEXT, first);
    return this.#tracer.startSpan(name, { attributes, links }, parent);
  }

  /** The active span; undefined if there is none or it is not recorded. */
  current(): Span | undefined {
    const span = this.#api.trace.getActiveSpan();
    return span?.isRecording() ? span : undefined;
  }

  /** Calls `work`, and everything that it starts, with an active span. */
  with<T>(span: Span, work: () => T): T {
    return this.#api.context.with(this.#api.trace.setSpan(this.#api.context.active(), span), work);
  }

  /** Sets the status of a span to error. Messages of errors may contain personal data, so only the type is recorded. */
  fail(span: Span, type: string): void {
    span.setAttribute('error.type', type);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
  }

  /** Waits for the SDK to send the spans that have ended, for a second at most. */
  async flush(): Promise<void> {
    // The API has no such method, but the provider of every SDK does.
    const proxy = this.#api.trace.getTracerProvider() as { getDelegate?: () => { forceFlush?: () => Promise<void> } };
    const flushed = Promise.resolve(proxy.getDelegate?.().forceFlush?.()).catch(() => undefined);
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_TIMEOUT_MS).unref());
    await Promise.race([flushed, timeout]);
  }

  #remote(traceparent: string, tracestate: string | undefined): Context {
    const { trace, ROOT_CONTEXT, createTraceState } = this.#api;
    const context: SpanContext = {
      traceId: traceIdOf(traceparent),
      spanId: traceparent.slice(36, 52),
      traceFlags: Number(traceparent.slice(53)),
      isRemote: true,
      ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
    };
    return trace.setSpanContext(ROOT_CONTEXT, context);
  }
}

/** The span as the `traceparent` of what follows from it. */
export function toTraceparent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** What kind of error it is, without its message: a code such as `ECONNREFUSED`, or the name of its class. */
export function errorType(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
}
