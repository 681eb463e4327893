import { ClusterRegistry, type Registry } from '@prometheus-io/client';

/** Lets the primary process read the metrics of this worker. */
export function shareMetrics(registry: Registry): void {
  ClusterRegistry.setRegistries(registry);
  new ClusterRegistry();
}

/**
 * In the primary process, before the first worker starts: collects the metrics of all workers.
 *
 * @returns a function that returns their sums in Prometheus's text format. Rejected if a worker does not report.
 */
export function collectFromWorkers(): () => Promise<string> {
  const registry = new ClusterRegistry();
  return () => registry.clusterMetrics();
}
