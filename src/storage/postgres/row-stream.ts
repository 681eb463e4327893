import { StoreUnavailable } from '../../domain/outcomes.ts';
import { cancelWhenAborted, readProcessId } from './cancel.ts';
import type { Database, Queryable, Row, Statement } from './database.ts';

/** Some 64 KiB of JSON. The rows of one batch are decoded in one turn of the event loop. */
const ROWS_PER_BATCH = 250;

/** The time limit of a batch, in milliseconds. The first includes sorting, if no index sorts the rows. */
const BATCH_TIMEOUT_MS = 60_000;

export interface RowStreamOptions {
  /** Ends the stream. */
  signal: AbortSignal;
  /** Cancels the statement in progress, on another connection. */
  cancelDb: Queryable;
}

/**
 * Yields the rows of a statement in batches, from one snapshot. A cursor of the server reads them, so only one batch is in
 * memory.
 */
export function streamRows(db: Database, statement: Statement, options: RowStreamOptions): AsyncGenerator<Row[], void> {
  return db.iterate((client) => readRows(client, statement, options), {
    begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    statementTimeoutMs: BATCH_TIMEOUT_MS,
  });
}

async function* readRows(
  client: Queryable,
  { text, values = [] }: Statement,
  { signal, cancelDb }: RowStreamOptions,
): AsyncGenerator<Row[], void> {
  // In case this process hangs. It overrides a shorter limit of the server, because a slow client needs its time.
  await client.query({ text: `SET LOCAL idle_in_transaction_session_timeout = ${BATCH_TIMEOUT_MS}` });
  const processId = await readProcessId(client);
  await client.query({ text: `DECLARE list NO SCROLL CURSOR FOR ${text}`, values });
  for (;;) {
    if (signal.aborted) throw new StoreUnavailable('the stream was ended');
    const fetchRows = () => client.query({ text: `FETCH ${ROWS_PER_BATCH} FROM list` });
    const rows = await cancelWhenAborted({ signal, processId, cancelDb }, fetchRows);
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_BATCH) return;
  }
}
