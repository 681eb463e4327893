import type { Http } from '../http.ts';
import { get, type IfChanged } from '../lists.ts';
import type { ReadOptions, RequestOptions } from '../options.ts';
import { type ApiPromise, toApiPromise } from '../response.ts';
import type { Health as HealthStatus, Status } from '../types.ts';

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

  /** The state of the service, for administrators. */
  status<O extends ReadOptions>(options?: O): ApiPromise<IfChanged<Status, O>> {
    return get(this.#http, '/status', options);
  }
}
