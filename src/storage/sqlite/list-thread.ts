import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Page } from '../store.ts';
import { type ListItem, type ListRequest, Lists } from './lists.ts';

/** What the thread is sent: a list to read, under a number that its answer repeats, or word to end. */
export type ListThreadRequest = (ListRequest & { number: number }) | 'close';

/** What it answers. An error loses its class on the way, but not its SQLite code. */
export type ListThreadReply = { number: number } & (
  | { page: Page<ListItem> }
  | { error: { message: string; errcode: number | undefined } }
);

// The thread that a ListReader starts. It only reads, and may wait for a lock: nothing else waits here.
const port = parentPort as MessagePort;
const db = new DatabaseSync(workerData as string, { readOnly: true, timeout: 5000 });
const lists = new Lists(db);

port.on('message', (request: ListThreadRequest) => {
  if (request === 'close') {
    db.close();
    port.close();
  } else {
    port.postMessage(answer(request));
  }
});

function answer({ number, ...request }: ListRequest & { number: number }): ListThreadReply {
  try {
    return { number, page: lists.read(request) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { number, error: { message, errcode } };
  }
}
