import { ApiError } from './errors.ts';
import type { Http, HttpRequest } from './http.ts';
import { isRetryable, retryDelayMs } from './retry.ts';
import { readLines } from './text-stream.ts';
import type { ApiEvent } from './types.ts';

/** The service sends something every 15 seconds. */
const SILENCE_MS = 40_000;

export interface FollowOptions {
  /** The `sequence` of the last event that was processed. By default, events start now. */
  after?: number | undefined;
  /** Ends the loop, without an error. */
  signal?: AbortSignal | undefined;
  /**
   * Is called if events were missed because they are no longer kept: load users and tasks again. Events continue from the
   * time of the call. Without it, the error is `EVENTS_EXPIRED`.
   */
  onExpired?: (() => void | Promise<void>) | undefined;
}

/** What a message of the stream has. */
interface Message {
  id?: string;
  data?: string;
}

/** See `Events.follow`. */
export async function* follow(
  http: Http,
  feed: { last(options: { signal: AbortSignal | undefined }): Promise<number> },
  { after, signal, onExpired }: FollowOptions,
): AsyncGenerator<ApiEvent, void, undefined> {
  const { clock } = http;
  let failures = 0;
  try {
    let lastEventId = String(after ?? (await feed.last({ signal })));
    for (;;) {
      let error: unknown;
      try {
        for await (const { id, data } of readMessages(http, lastEventId, signal)) {
          failures = 0;
          if (id !== undefined) lastEventId = id;
          if (data !== undefined) yield JSON.parse(data);
        }
      } catch (caught) {
        error = caught;
      }
      signal?.throwIfAborted();
      if (onExpired !== undefined && error instanceof ApiError && error.code === 'EVENTS_EXPIRED') {
        // What happens while the copy is loaded comes after it.
        lastEventId = String(await feed.last({ signal }));
        await onExpired();
        continue;
      }
      // Without an error, the service has ended the stream, for example to stop.
      if (error !== undefined && !isRetryable(error, true)) throw error;
      failures++;
      await clock.sleep(retryDelayMs(error, failures, clock.now(), clock.random()), signal);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** The messages of one connection. */
async function* readMessages(
  http: Http,
  lastEventId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Message, void, undefined> {
  const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
  const request: HttpRequest = { method: 'GET', path: '/events', headers };
  let message: Message = {};
  for await (const line of readLines(await http.open(request, SILENCE_MS, signal))) {
    const [, field, value] = /^(id|data): (.*)/.exec(line) ?? [];
    if (field !== undefined) message = { ...message, [field]: value };
    if (line !== '') continue;
    yield message;
    message = {};
  }
}
