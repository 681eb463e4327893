import type { Queryable } from './database.ts';

interface Cancellation {
  /** Cancels the statement when it is aborted. */
  signal: AbortSignal | undefined;
  /** The server's process of the transaction that has the statement. */
  processId: unknown;
  /** Sends the cancellation, on another connection. */
  cancelDb: Queryable;
}

/** Runs a statement of a transaction, and cancels it if the signal is aborted. */
export async function cancelWhenAborted<T>(
  { signal, processId, cancelDb }: Cancellation,
  statement: () => Promise<T>,
): Promise<T> {
  let cancelled: Promise<unknown> | undefined;
  const cancel = () => {
    const text = 'SELECT pg_cancel_backend($1)';
    cancelled = cancelDb.query({ text, values: [processId] }).catch(() => undefined);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await statement();
  } finally {
    signal?.removeEventListener('abort', cancel);
    // It must not cancel a later statement of this connection.
    await cancelled;
  }
}

/** The server's process of a transaction. */
export async function readProcessId(client: Queryable): Promise<unknown> {
  const [row] = await client.query({ text: 'SELECT pg_backend_pid()' });
  return row?.[0];
}
