import type { Registry } from '@prometheus-io/client';
import { Histogram, type Series } from './histogram.ts';

/** In seconds. Those that OpenTelemetry recommends, with three below for requests that take less than 5 ms, as most do. */
export const REQUEST_DURATION_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** The methods that have a series of their own. Clients may send any other, so these share `_OTHER`. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The durations of requests by route, method and status. The series are created with their first request. */
export class RequestDurations {
  readonly #histogram: Histogram;
  readonly #routes = new Map<string | null, Map<string, Series[]>>();

  constructor(registry: Registry) {
    this.#histogram = new Histogram({
      registry,
      name: 'http_server_request_duration_seconds',
      help: 'Duration of HTTP requests, until the response was sent',
      bounds: REQUEST_DURATION_BOUNDS,
    });
  }

  /** @param route the pattern of the route; null if none matched. */
  record(route: string | null, method: string, status: number, seconds: number): void {
    const series = this.#routes.get(route)?.get(method)?.[status] ?? this.#add(route, method, status);
    series.observe(seconds);
  }

  #add(route: string | null, method: string, status: number): Series {
    const name = METHODS.includes(method) ? method : '_OTHER';
    const methods = this.#routes.get(route) ?? new Map<string, Series[]>();
    this.#routes.set(route, methods);
    const statuses = methods.get(name) ?? [];
    methods.set(name, statuses);
    statuses[status] ??= this.#histogram.add({
      http_request_method: name,
      http_route: route ?? '',
      http_response_status_code: String(status),
    });
    return statuses[status];
  }
}
