import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import manifest from '../../package.json' with { type: 'json' };
import type { Config } from '../config/config.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { MetricsOfWorkers } from '../metrics/workers.ts';
import { listenOn } from './listen.ts';

// The library is imported when metrics are enabled, because it takes memory.

type MetricsConfig = Pick<Config, 'metricsPort' | 'metricsHost'>;

/** The metrics of this process; undefined if they are disabled. */
export async function createMetrics({ metricsPort }: MetricsConfig): Promise<Metrics | undefined> {
  if (metricsPort === undefined) return undefined;
  const { Metrics } = await import('../metrics/metrics.ts');
  return new Metrics(manifest.version);
}

/**
 * Serves the metrics of this process, or lets the primary process collect them if this is a worker.
 *
 * @throws CliError if the address is not available.
 */
export async function serveMetrics(config: MetricsConfig, { registry }: Metrics, logger: Logger): Promise<void> {
  if (cluster.isWorker) {
    const { shareMetrics } = await import('../metrics/workers.ts');
    shareMetrics(registry);
  } else {
    await listen(config, () => registry.metrics(), logger);
  }
}

/**
 * Serves the sums of all workers' metrics, if they are enabled. Call it before the first worker starts.
 *
 * @throws CliError if the address is not available.
 */
export async function serveWorkerMetrics(config: MetricsConfig, logger: Logger): Promise<MetricsOfWorkers | undefined> {
  if (config.metricsPort === undefined) return undefined;
  const { MetricsOfWorkers } = await import('../metrics/workers.ts');
  const metrics = new MetricsOfWorkers();
  await listen(config, () => metrics.render(), logger);
  return metrics;
}

async function listen(config: MetricsConfig, render: () => Promise<string>, logger: Logger): Promise<void> {
  const { createMetricsServer } = await import('../metrics/server.ts');
  const { metricsHost: host, metricsPort = 0 } = config;
  const settings = { port: '--metrics-port or METRICS_PORT', host: '--metrics-host or METRICS_HOST' };
  const servers = await listenOn(host, metricsPort, () => createMetricsServer(render), settings);
  logger.info({ host, port: (servers[0]?.address() as AddressInfo | undefined)?.port }, 'metrics are served');
}
