import { type Change, EventsPruned } from '../domain/changes.ts';
import { StoreUnavailable } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import { type Event, toEvent } from './event.ts';
import type { ChangeWatch } from './watch.ts';

/** How many entries are read at once. */
const PAGE_SIZE = 100;
/** How long to wait before a database that is unavailable is asked again. */
const RETRY_DELAY_MS = 1_000;
/** How often something is sent at least: proxies close connections on which nothing comes. */
const HEARTBEAT_INTERVAL_MS = 15_000;
/** How long a client that has lost the connection should wait before it connects again. */
const CLIENT_RETRY_MS = 1_000;

export interface StreamOptions {
  store: Pick<Store, 'changes'>;
  watch: ChangeWatch;
  /** The sequence number behind which to begin. */
  after: number;
  /** Only this user's events. */
  userId: number | undefined;
  isVisible: (change: Change) => boolean;
  /** Asked before events are sent. */
  isAllowed: () => Promise<boolean>;
  /** Ends the stream. */
  signal: AbortSignal;
}

/** Events as they happen, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* streamEvents(options: StreamOptions): AsyncGenerator<string> {
  const { store, watch, userId, isVisible, isAllowed, signal } = options;
  let { after } = options;
  let sentAt = performance.now();
  yield `retry: ${CLIENT_RETRY_MS}\n\n`;
  while (!signal.aborted) {
    const page = await readOrWait(store, { after, limit: PAGE_SIZE, userId });
    // Nobody who follows is that far behind: the client begins anew, and is told so then.
    if (page === EventsPruned) return;
    const changes = page?.changes.filter(isVisible) ?? [];
    if (changes.length > 0 && !(await isAllowed())) return;
    for (const change of changes) {
      if (signal.aborted) return;
      yield format(toEvent(change));
      sentAt = performance.now();
    }
    if (page !== undefined) after = page.upTo;
    if (page?.more) continue;
    const untilHeartbeat = sentAt + HEARTBEAT_INTERVAL_MS - performance.now();
    if (untilHeartbeat <= 0) {
      // Has no data, and so is no event, but tells where to go on.
      yield `id: ${after}\n\n`;
      sentAt = performance.now();
      continue;
    }
    await watch.wait(after, page === undefined ? RETRY_DELAY_MS : untilHeartbeat, signal);
  }
}

/** Undefined while the database is unavailable: the stream waits for it. */
async function readOrWait(store: StreamOptions['store'], query: Parameters<Store['changes']['read']>[0]) {
  try {
    return await store.changes.read(query);
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

function format(event: Event): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
