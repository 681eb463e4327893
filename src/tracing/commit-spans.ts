import type { DatabaseSystem } from './traced-store.ts';
import type { Span, Tracing } from './tracing.ts';

/** Records a span for each transaction that stores several writes: a child of the first write's span, with links to the others. */
export class CommitSpans {
  readonly #tracing: Tracing;
  readonly #system: DatabaseSystem;

  constructor(tracing: Tracing, system: DatabaseSystem) {
    this.#tracing = tracing;
    this.#system = system;
  }

  /** The span of a write that is being queued; undefined if it is not recorded. */
  current(): Span | undefined {
    return this.#tracing.current();
  }

  /** Starts the span of a group; undefined if none of its writes is recorded. The caller ends it. */
  start(group: readonly { span: Span | undefined }[]): Span | undefined {
    const spans = group.map(({ span }) => span);
    return this.#tracing.startShared(spans, 'group commit', {
      'db.system.name': this.#system,
      // A batch of one is not a batch, by the semantic conventions.
      ...(group.length > 1 && { 'db.operation.batch.size': group.length }),
    });
  }
}
