import type { Worker } from 'node:cluster';
import { Counter, Registry } from '@prometheus-io/client';
import { Totals } from './totals.ts';

/** The time limit of a worker's report. */
const REPORT_TIMEOUT_MS = 5_000;

/** The primary process requests a report. */
interface ReportRequest {
  reportMetrics: number;
}

/** The metrics of a worker, as the response to the request with this number. JSON has no NaN, so this is text of its own. */
interface Report {
  metricsReport: number;
  json: string;
}

/** Lets the primary process read the metrics of this worker. */
export function shareMetrics(registry: Registry): void {
  process.on('message', (message: Partial<ReportRequest>) => {
    const { reportMetrics } = message;
    if (reportMetrics === undefined) return;
    registry.getMetricsAsJSON().then((metrics) => {
      const json = JSON.stringify(metrics, (_, value) => (Number.isNaN(value) ? 'NaN' : value));
      // The callback receives the error if the primary process has just exited.
      process.send?.({ metricsReport: reportMetrics, json } satisfies Report, undefined, {}, () => undefined);
    });
  });
}

/**
 * The sums of the workers' metrics, in the primary process. The counts of a worker that has exited stay part of the sums, so
 * that a sum never falls: Prometheus would take that for a restart, and count the whole sum again. What such a worker counted
 * after its last report is lost.
 */
export class MetricsOfWorkers {
  readonly #totals = new Totals();
  readonly #workers = new Map<number, Worker>();
  readonly #own = new Registry();
  readonly #exits = new Counter({
    name: 'task_api_worker_exits_total',
    help: 'Workers that exited unexpectedly, and were replaced',
    registers: [this.#own],
  });
  #requests = 0;
  #rendering: Promise<string> | undefined;

  /** Includes a worker as soon as it listens, until it exits. */
  add(worker: Worker): void {
    worker.on('listening', () => this.#workers.set(worker.id, worker));
    worker.on('exit', () => {
      this.#workers.delete(worker.id);
      this.#totals.retire(worker.id);
    });
  }

  /** Counts a worker that exited unexpectedly. */
  recordExit(): void {
    this.#exits.inc();
  }

  /**
   * The sums in Prometheus's text format. Calls at the same time share one result.
   *
   * @throws Error if a worker does not report in time: without it, the sums would be wrong.
   */
  render(): Promise<string> {
    this.#rendering ??= this.#render().finally(() => {
      this.#rendering = undefined;
    });
    return this.#rendering;
  }

  async #render(): Promise<string> {
    const number = this.#requests++;
    await Promise.all([...this.#workers.values()].map((worker) => this.#read(worker, number)));
    return (await this.#totals.sum()) + (await this.#own.metrics());
  }

  /** Fulfilled when the worker has reported, or has exited. */
  #read(worker: Worker, number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onMessage = ({ metricsReport, json }: Partial<Report>) => {
        if (metricsReport !== number || json === undefined) return;
        this.#totals.record(
          worker.id,
          JSON.parse(json, (_, value) => (value === 'NaN' ? Number.NaN : value)),
        );
        stopWaiting();
        resolve();
      };
      const onExit = () => {
        stopWaiting();
        resolve();
      };
      const timer = setTimeout(() => {
        stopWaiting();
        reject(new Error(`worker ${worker.id} did not report its metrics`));
      }, REPORT_TIMEOUT_MS);
      const stopWaiting = () => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('exit', onExit);
      };
      worker.on('message', onMessage).on('exit', onExit);
      worker.send({ reportMetrics: number } satisfies ReportRequest, () => undefined);
    });
  }
}
