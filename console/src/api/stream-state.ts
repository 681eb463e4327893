import { createStore } from './store.ts';

/** The state of the event stream. */
export type LiveState = 'connecting' | 'live' | 'reconnecting';

export const liveState = createStore<LiveState>('connecting');

/** A response of the event stream that sets {@link liveState} when it begins and when it ends, or is lost. */
export function observeStream(response: Response): Response {
  const reader = response.body?.getReader();
  if (!response.ok || reader === undefined) return response;
  liveState.set('live');
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        liveState.set('reconnecting');
        controller.close();
      } catch (error) {
        liveState.set('reconnecting');
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}
