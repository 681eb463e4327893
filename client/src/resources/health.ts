import type { Http } from '../http.ts';
import type { RequestOptions } from '../options.ts';
import { type ApiPromise, toApiPromise } from '../response.ts';
import type { Health as HealthStatus } from '../types.ts';

/** `api.health`. Retried as any request: set `deadlineMs` for a quick result. */
export class Health {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Whether the service runs. */
  live(options?: RequestOptions): ApiPromise<HealthStatus> {
    return toApiPromise(this.#http.send({ method: 'GET', path: '/health/live' }, options));
  }

  /** Whether the service can process requests: its database is available. */
  ready(options?: RequestOptions): ApiPromise<HealthStatus> {
    return toApiPromise(this.#http.send({ method: 'GET', path: '/health/ready' }, options));
  }
}
