import { type MessagePort, parentPort, type Worker } from 'node:worker_threads';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { translateError } from './errors.ts';
import { threadExit } from './thread-exit.ts';
import { startThread } from './thread-start.ts';

/** A call took too long. Its caller gets StoreBusy. */
export class TimedOut extends Error {}

/** New objects of a thread live only for one response. With the default, a thread would take 30 MB more, and be no faster. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4 };

type Message<Request> = { number: number; request: Request } | 'close';

/** An error is sent as an object, because its class would be lost. */
type Reply<Response> = { number: number } & (
  | { response: Response }
  | { error: { message: string; stack: string | undefined; errcode: number | undefined; timedOut: boolean } }
);

/** Calls a worker thread, which starts with the first call and handles one after another. */
export class ThreadCalls<Request, Response> {
  readonly #purpose: string;
  readonly #url: URL;
  readonly #workerData: unknown;
  readonly #waiting = new Map<number, PromiseWithResolvers<Response>>();
  #thread: Worker | undefined;
  #count = 0;
  #closed = false;

  /**
   * @param purpose what the thread does, for errors: `reads lists`.
   * @param url the file of the thread, which calls {@link serveCalls}.
   */
  constructor(purpose: string, url: URL, workerData: unknown) {
    this.#purpose = purpose;
    this.#url = url;
    this.#workerData = workerData;
  }

  /** The number of calls without a response so far. */
  get waiting(): number {
    return this.#waiting.size;
  }

  call(request: Request): Promise<Response> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the database is being closed'));
    const waiting = Promise.withResolvers<Response>();
    const number = this.#count++;
    this.#waiting.set(number, waiting);
    this.#thread ??= this.#startThread();
    this.#thread.postMessage({ number, request } satisfies Message<Request>);
    return waiting.promise;
  }

  /** Ends the thread after the calls that are waiting. Fulfilled when the thread has closed the file. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#thread === undefined) return;
    const ended = threadExit(this.#thread);
    this.#thread.postMessage('close' satisfies Message<Request>);
    await ended;
  }

  #startThread(): Worker {
    const thread = startThread(this.#url, { workerData: this.#workerData, resourceLimits: RESOURCE_LIMITS });
    thread.on('message', (reply: Reply<Response>) => {
      const waiting = this.#waiting.get(reply.number);
      this.#waiting.delete(reply.number);
      if ('response' in reply) waiting?.resolve(reply.response);
      else if (reply.error.timedOut) waiting?.reject(new StoreBusy(`SQLite: ${reply.error.message}`));
      else waiting?.reject(translateError(Object.assign(new Error(reply.error.message), reply.error)));
    });
    // For example, it could not open the file. The next call starts another thread.
    thread.on('error', (cause) => {
      this.#thread = undefined;
      for (const { reject } of this.#waiting.values()) {
        reject(new StoreUnavailable(`the thread that ${this.#purpose} failed`, { cause }));
      }
      this.#waiting.clear();
    });
    return thread;
  }
}

export interface CallHandler<Request, Response> {
  handle: (request: Request) => Response;
  /** The memory of a response to move to the caller instead of copying it. */
  transfer?: (response: Response) => ArrayBuffer[];
  close: () => void;
}

/** Handles the calls of a {@link ThreadCalls} in its thread. */
export function serveCalls<Request, Response>(handler: CallHandler<Request, Response>): void {
  const port = parentPort as MessagePort;
  port.on('message', (message: Message<Request>) => {
    if (message === 'close') {
      handler.close();
      port.close();
      return;
    }
    const { number, request } = message;
    try {
      const response = handler.handle(request);
      port.postMessage({ number, response } satisfies Reply<Response>, handler.transfer?.(response) ?? []);
    } catch (error) {
      const { message, stack, errcode } = error as Error & { errcode?: number };
      const timedOut = error instanceof TimedOut;
      port.postMessage({ number, error: { message, stack, errcode, timedOut } } satisfies Reply<Response>);
    }
  });
}
