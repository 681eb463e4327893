import { type Change, EventsRemoved, type Store, StoreUnavailable } from '../storage/store.ts';
import { type Event, toEvent } from './event.ts';
import type { ChangeWatch } from './watch.ts';

/** How many entries are read at once. */
const PAGE = 100;
/** How long to wait for something new, in milliseconds, before it is looked whether the reader may still read. */
const PATIENCE = 1_000;
/** How often something is sent at least, in milliseconds: proxies close connections on which nothing comes. */
const HEARTBEAT = 15_000;
/** After how many milliseconds a client that has lost the connection should connect again. */
const RETRY = 1_000;

export interface StreamOptions {
  store: Pick<Store, 'readEvents'>;
  watch: ChangeWatch;
  /** The sequence number behind which to begin. */
  after: number;
  /** Only this user's events. */
  userId: number | undefined;
  isVisible: (change: Change) => boolean;
  /** Asked about once a second whether the stream is to go on. */
  mayGoOn: () => Promise<boolean>;
}

/** Events as they happen, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* streamEvents(options: StreamOptions): AsyncGenerator<string> {
  const { store, watch, userId, isVisible, mayGoOn } = options;
  let { after } = options;
  let sentAt = performance.now();
  yield `retry: ${RETRY}\n\n`;
  while (await mayGoOn()) {
    const page = await readOrWait(store, { after, limit: PAGE, userId });
    // Nobody who follows is that far behind: the client begins anew, and is told so then.
    if (page === EventsRemoved) return;
    if (page !== undefined) {
      for (const change of page.changes) {
        if (!isVisible(change)) continue;
        yield format(toEvent(change));
        sentAt = performance.now();
      }
      after = page.upTo;
    }
    if (page?.more) continue;
    if (performance.now() - sentAt >= HEARTBEAT) {
      // Has no data, and so is no event, but tells where to go on.
      yield `id: ${after}\n\n`;
      sentAt = performance.now();
    }
    await watch.wait(after, PATIENCE);
  }
}

/** Undefined while the database is away: the stream waits for it. */
async function readOrWait(store: StreamOptions['store'], query: Parameters<Store['readEvents']>[0]) {
  try {
    return await store.readEvents(query);
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

function format(event: Event): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
