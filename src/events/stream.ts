import { type Change, type EventQuery, EventsPruned } from '../domain/changes.ts';
import { StoreUnavailable } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { ChangeNotifier } from './change-notifier.ts';
import { type Event, toEvent } from './event.ts';

const PAGE_SIZE = 100;
/** How long to wait before the database is queried again after it was unavailable. */
const RETRY_DELAY_MS = 1_000;
/** The maximum time between two messages, because proxies close idle connections. */
const HEARTBEAT_INTERVAL_MS = 15_000;
/** How long a client waits before it reconnects. */
const CLIENT_RETRY_MS = 1_000;

export interface StreamOptions {
  store: Pick<Store, 'changes'>;
  notifier: ChangeNotifier;
  /** The stream starts after this sequence number. */
  after: number;
  /** Which events, and how old the data may be. */
  reading: Pick<EventQuery, 'userId' | 'freshness' | 'caller'>;
  isVisible: (change: Change) => boolean;
  /** Checked before events are sent. */
  isAllowed: () => Promise<boolean>;
  /** Ends the stream. */
  signal: AbortSignal;
}

/** Yields events as they happen, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* streamEvents(options: StreamOptions): AsyncGenerator<string> {
  const { store, notifier, reading, isVisible, isAllowed, signal } = options;
  let { after } = options;
  let sentAt = performance.now();
  yield `retry: ${CLIENT_RETRY_MS}\n\n`;
  while (!signal.aborted) {
    const page = await readOrWait(store, { after, limit: PAGE_SIZE, ...reading });
    // A client is this far behind only if it stopped reading. When it reconnects, the response is 410.
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
      // A message without data is no event, but sets the `Last-Event-ID` to resume after.
      yield `id: ${after}\n\n`;
      sentAt = performance.now();
      continue;
    }
    await notifier.wait(after, page === undefined ? RETRY_DELAY_MS : untilHeartbeat, signal);
  }
}

/** Returns undefined while the database is unavailable, since the stream stays open. */
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
