import { Counter, collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { Backlog } from '../domain/status.ts';
import { addBacklogGauges } from './backlog.ts';
import { Histogram, type Series } from './histogram.ts';
import { RequestDurations } from './request-durations.ts';

/** What a gauge reports when it is read. */
type Read = () => number;
type ReadLabelled = () => [value: string, number: number][];

/**
 * The metrics of this process, for Prometheus. Labels have few values, and contain no ids or personal data. Where metrics
 * are disabled, there is no such object.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestDurations(this.registry);
  /** Requests with a 429, by plan. */
  readonly rateLimited = this.#counter('task_api_rate_limit_rejections_total', 'Requests rejected with 429', ['plan']);
  readonly remindersRecorded = this.#counter('task_api_reminders_recorded_total', 'Reminders recorded');
  readonly remindersLate = this.#counter('task_api_reminders_late_total', 'Reminders recorded a minute or more late');
  readonly remindersDropped = this.#counter('task_api_reminders_dropped_total', 'Reminders missed by more than a day');
  /** Attempts to send emails, by result. */
  readonly emailAttempts = this.#results('task_api_email_attempts_total', 'Attempts to send an email', [
    'delivered',
    'retried',
    'failed',
    'cancelled',
  ]);
  /** Attempts at webhook deliveries, by result. */
  readonly webhookAttempts = this.#results('task_api_webhook_attempts_total', 'Attempts at a webhook delivery', [
    'delivered',
    'retried',
    'failed',
  ]);
  /** Scheduled backups, by result. */
  readonly backups = this.#results('task_api_backups_total', 'Scheduled backups', ['succeeded', 'failed']);

  /** @param version of the service. */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'task_api_build_info',
      help: 'The version of the service and of Node.js; the value is 1',
      labelNames: ['version', 'node_version'],
      aggregator: 'max',
      registers: [this.registry],
    }).set({ version, node_version: process.versions.node }, 1);
  }

  /**
   * A value that is read with each scrape.
   *
   * @param aggregator how the values of several workers are combined: `max` for what they share. Default `sum`.
   */
  addGauge(name: string, help: string, read: Read, aggregator: 'sum' | 'max' = 'sum'): void {
    const { registry } = this;
    new Gauge({
      name,
      help,
      aggregator,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** As {@link addGauge}, with a value for each value of a label. */
  addLabelledGauge(name: string, help: string, label: string, read: ReadLabelled, aggregator: 'min' | 'max'): void {
    const { registry } = this;
    new Gauge({
      name,
      help,
      aggregator,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [value, number] of read()) this.set({ [label]: value }, number);
      },
    });
  }

  /** As {@link addCounter}, with a value for each value of a label. */
  addLabelledCounter(name: string, help: string, label: string, read: ReadLabelled): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [value, number] of read()) this.inc({ [label]: value }, number);
      },
    });
  }

  /** A count that is read with each scrape. */
  addCounter(name: string, help: string, read: Read): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** See {@link addBacklogGauges}. */
  addBacklog(read: () => Promise<Backlog>, clock: () => number): void {
    addBacklogGauges(this.registry, read, clock);
  }

  /** @param bounds the upper bounds of the buckets, ascending. */
  addHistogram(name: string, help: string, bounds: readonly number[]): Series {
    return new Histogram({ registry: this.registry, name, help, bounds }).add();
  }

  #counter<T extends string = never>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** A counter by result. Every series starts at 0, because Prometheus sees no increase in the first value of a series. */
  #results(name: string, help: string, results: readonly string[]): Counter<'result'> {
    const counter = this.#counter(name, help, ['result']);
    for (const result of results) counter.inc({ result }, 0);
    return counter;
  }
}
