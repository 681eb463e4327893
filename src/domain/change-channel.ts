/** A process has changed something, or has streams that wait for changes. */
export type ChangeMessage = 'changed' | 'waiting';

/**
 * Carries messages between the processes that share a database. A message can be lost, so a receiver also polls the change
 * log.
 */
export interface ChangeChannel {
  /** Sends a message to all other processes. The same message is sent once if it waits to be sent already. */
  send(message: ChangeMessage): void;
  /** Sets the function that receives the messages of other processes. */
  onMessage(receive: (message: ChangeMessage) => void): void;
  /** Ends the connection to other processes. */
  close(): Promise<void>;
}
