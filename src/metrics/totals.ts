import { Registry } from '@prometheus-io/client';

/** What the registry of a worker reports. */
export type WorkerMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The sums of the metrics of several workers, including the counts of those that have exited. */
export class Totals {
  readonly #latest = new Map<number, WorkerMetrics>();
  #retired: WorkerMetrics = [];

  /** Replaces the latest report of a worker. */
  record(worker: number, metrics: WorkerMetrics): void {
    this.#latest.set(worker, metrics);
  }

  /** Keeps the counts of the latest report of a worker that has exited. Its gauges end. */
  retire(worker: number): void {
    const metrics = this.#latest.get(worker) ?? [];
    this.#latest.delete(worker);
    const counts = metrics.filter(({ type }) => type === 'counter' || type === 'histogram');
    this.#retired = Registry.aggregate([this.#retired, counts]).getMetricsAsArray() as WorkerMetrics;
  }

  /** The sums in Prometheus's text format. */
  sum(): Promise<string> {
    return Registry.aggregate([...this.#latest.values(), this.#retired]).metrics();
  }
}
