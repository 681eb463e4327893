import assert from 'node:assert/strict';

/** A server-sent event with data. */
export interface SentEvent {
  id: string;
  event: string;
  data: { type: string; data: { userId: number } };
}

export interface FollowOptions {
  query?: string;
  lastEventId?: string;
  signal?: AbortSignal;
}

/** Requests the events of a service as a stream. */
export function requestStream(url: string, token: string, options: FollowOptions = {}): Promise<Response> {
  const { query = '', lastEventId, signal } = options;
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  return fetch(`${url}/events${query}`, { headers, ...(signal && { signal }) });
}

/** Yields the events of a service as they arrive. */
export async function followEvents(
  url: string,
  token: string,
  options?: FollowOptions,
): Promise<AsyncGenerator<SentEvent>> {
  const response = await requestStream(url, token, options);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  return read(response);
}

/** Has the response, not only its body: `fetch` cancels the body of a response that is collected as garbage. */
async function* read(response: Response): AsyncGenerator<SentEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s, 2)));
      if (fields.data !== undefined) yield { ...fields, data: JSON.parse(fields.data) } as SentEvent;
    }
  }
}

/** Returns the next event. Fails if the stream has ended. */
export async function nextEvent(events: AsyncGenerator<SentEvent>): Promise<SentEvent> {
  const { value, done } = await events.next();
  assert.ok(done !== true, 'the stream has ended');
  return value;
}
