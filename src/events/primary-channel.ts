import type { Worker } from 'node:cluster';
import type { ChangeChannel, ChangeMessage } from '../domain/change-channel.ts';

interface Envelope {
  changeMessage: ChangeMessage;
}

/** What a worker needs of `process`. */
type Channel = Pick<NodeJS.Process, 'send' | 'on' | 'off'>;

/** In the primary process: passes the messages of a worker on to the other workers. */
export function relayChanges(worker: Pick<Worker, 'on' | 'send'>, workers: ReadonlySet<Pick<Worker, 'send'>>): void {
  worker.on('message', ({ changeMessage }: Partial<Envelope>) => {
    if (changeMessage === undefined) return;
    for (const other of workers) {
      // The callback receives the error if the worker has just exited.
      if (other !== worker) other.send({ changeMessage } satisfies Envelope, () => undefined);
    }
  });
}

/** In a worker: sends messages to the other workers through the primary process. */
export class PrimaryChannel implements ChangeChannel {
  readonly #channel: Channel;
  #receive: (message: ChangeMessage) => void = () => undefined;
  readonly #onMessage = ({ changeMessage }: Partial<Envelope>) => {
    if (changeMessage !== undefined) this.#receive(changeMessage);
  };

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on('message', this.#onMessage);
  }

  send(changeMessage: ChangeMessage): void {
    // An error means that the primary process has exited. Then this one exits too.
    this.#channel.send?.({ changeMessage } satisfies Envelope, undefined, undefined, () => undefined);
  }

  onMessage(receive: (message: ChangeMessage) => void): void {
    this.#receive = receive;
  }

  async close(): Promise<void> {
    this.#channel.off('message', this.#onMessage);
  }
}
