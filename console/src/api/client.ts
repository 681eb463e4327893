import { TaskApi } from '#client';
import { SERVICE_URL } from './base.ts';
import { reachability, setRateLimited } from './connection.ts';
import { recordRequest } from './recorder.ts';
import { session, sessionEnded } from './session.ts';
import { liveState, observeStream } from './stream-state.ts';

/** The typed client, with the token of the session. It retries; each request is recorded. */
export const api = createClient(() => session.get()?.token ?? '');

/** How long the sign-in may take, with its retries. */
const SIGN_IN_DEADLINE_MS = 5_000;

/** A client with another token, for the sign-in. */
export function clientWith(token: string): TaskApi {
  return createClient(() => token, { deadlineMs: SIGN_IN_DEADLINE_MS });
}

function createClient(token: () => string, options: { deadlineMs?: number } = {}): TaskApi {
  return new TaskApi({
    baseUrl: SERVICE_URL,
    token,
    ...options,
    fetch: async (target, init = {}) => {
      const sentAt = Date.now();
      const isStream = new Headers(init.headers).get('accept') === 'text/event-stream';
      try {
        const response = await fetch(target, init);
        if (!isStream) recordRequest(SERVICE_URL, String(target), init, response.status, sentAt);
        // A proxy responds with these while the service is down.
        reachability.set(response.status === 502 || response.status === 504 ? 'unreachable' : 'online');
        if (response.status === 429) setRateLimited(Number(response.headers.get('retry-after')));
        if (response.status === 401 && session.get() !== undefined) sessionEnded.set(true);
        return isStream ? observeStream(response) : response;
      } catch (error) {
        if (isStream && liveState.get() === 'live') liveState.set('reconnecting');
        if (!init.signal?.aborted) {
          recordRequest(SERVICE_URL, String(target), init, undefined, sentAt);
          reachability.set(navigator.onLine ? 'unreachable' : 'offline');
        }
        throw error;
      }
    },
  });
}
