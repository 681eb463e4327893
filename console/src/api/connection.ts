import { createStore } from './store.ts';

/** Whether the service responds. `unreachable`: the browser is online, but no response comes. */
export type Reachability = 'online' | 'offline' | 'unreachable';

export const reachability = createStore<Reachability>(navigator.onLine ? 'online' : 'offline');

addEventListener('offline', () => reachability.set('offline'));
// The next response sets it to `online`.
addEventListener('online', () => reachability.set('unreachable'));

/** When the rate limit allows requests again, in milliseconds since the epoch; undefined if it allows them now. */
export const rateLimitedUntil = createStore<number | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Records that the service has rejected a request because of the rate limit. */
export function setRateLimited(retryAfterSeconds: number): void {
  const delayMs = Math.max(1, retryAfterSeconds) * 1000;
  rateLimitedUntil.set(Date.now() + delayMs);
  clearTimeout(timer);
  timer = setTimeout(() => rateLimitedUntil.set(undefined), delayMs);
}
