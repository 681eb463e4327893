import { cancelWhenAborted, readProcessId } from './cancel.ts';
import type { Database, Queryable } from './database.ts';
import { isLockTimeout, isPermissionDenied } from './errors.ts';

/** The last partition is split when it has this many sequence numbers, so a small log has one partition. */
const MIN_USED = 1_000_000;
/** It then gets at least as many more. */
const MIN_REST = 10_000_000;
/** A large log has about this many partitions. */
const PARTITIONS = 8;

/** Identifies the advisory lock of the process that changes the partitions: "LOGP" in ASCII. */
const LOCK_KEY = 0x4c4f4750;
/** How long other statements may wait for a change of the partitions, which waits for the transactions in flight. */
const LOCK_TIMEOUT_MS = 100;
/** Comparing a hundred million entries with a constraint takes minutes. */
const STATEMENT_TIMEOUT_MS = 60 * 60_000;

/** Sorted by range. */
const PARTITION_ROWS = `
  SELECT quote_ident(relname), substring(pg_get_expr(relpartbound, pg_class.oid) FROM 'FROM \\(''?(\\d+)')::bigint AS first
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'changes'::regclass ORDER BY first NULLS FIRST`;

/** The constraint of the last partition while it is being split. Its name ends with the end of the range. */
const CONSTRAINT = 'changes_end_';
const END_ROWS = `
  SELECT substring(conname FROM '\\d+$')::bigint, convalidated FROM pg_constraint
  WHERE conrelid = $1::regclass AND contype = 'c' AND starts_with(conname, '${CONSTRAINT}')`;

interface Partition {
  /** The name in SQL. */
  table: string;
  /** The start of the range; null if it has none. */
  first: number | null;
}

/** A partition to which no entries are added. */
interface CompletePartition extends Partition {
  /** The time of its newest entry, in milliseconds since the epoch; 0 without entries. */
  newestAt: number;
}

/**
 * The partitions of the change log. Each has a range of sequence numbers; the range of the last one has no end, so every
 * entry has a partition.
 *
 * Any process may change the partitions, one at a time. A change that gets no lock within {@link LOCK_TIMEOUT_MS} is left to a
 * later call, as is a change for which the role lacks the permission.
 */
export class ChangePartitions {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Splits the last partition if it is large: it ends at a sequence number in the future, where the next one starts. Reads
   * and writes continue. If a process is killed meanwhile, the next call continues from its last step.
   *
   * @param signal cancels the step in progress.
   */
  async split(signal?: AbortSignal): Promise<void> {
    try {
      let more = true;
      while (more && !signal?.aborted) more = await this.#change((client) => this.#splitStep(client, signal));
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  /** The oldest partition, if it is complete: a later one has the newest entry of the log. */
  oldest(): Promise<CompletePartition | undefined> {
    return readOldest(this.#db);
  }

  /** Drops the oldest partition if all of its entries are older than a time (milliseconds since the epoch). */
  drop(before: number): Promise<boolean> {
    return this.#change(async (client) => {
      // A transaction in flight may be adding the last entry.
      await client.query({ text: 'LOCK TABLE ONLY changes IN ACCESS EXCLUSIVE MODE' });
      const oldest = await readOldest(client);
      if (oldest === undefined || oldest.newestAt >= before) return false;
      await client.query({ text: `DROP TABLE ${oldest.table}` });
      return true;
    });
  }

  /** Returns whether there is a next step. Each one commits, because a lock is held until then. */
  async #splitStep(client: Queryable, signal: AbortSignal | undefined): Promise<boolean> {
    const last = (await readPartitions(client)).at(-1);
    if (last === undefined) return false;
    const { table, first } = last;
    const [constraint] = await client.query({ text: END_ROWS, values: [table] });
    const end = (constraint?.[0] as number | undefined) ?? (await chooseEnd(client, first));
    if (end === undefined) return false;
    const name = `${CONSTRAINT}${end}`;
    if (constraint === undefined) {
      // Compares only new entries, because the table is locked.
      const condition = `sequence < ${end}${first === null ? '' : ` AND sequence >= ${first}`}`;
      await client.query({ text: `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition}) NOT VALID` });
      return true;
    }
    const [, validated] = constraint;
    if (!validated) {
      // Compares the others. Reads and writes continue.
      const validate = { text: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}` };
      const processId = await readProcessId(client);
      await cancelWhenAborted({ signal, processId, cancelDb: this.#db }, () => client.query(validate));
      return true;
    }
    // Because of the constraint, this does not read the entries.
    await client.query({
      text: `ALTER TABLE changes DETACH PARTITION ${table};
        ALTER TABLE changes ATTACH PARTITION ${table} FOR VALUES FROM (${first ?? 'MINVALUE'}) TO (${end});
        ALTER TABLE ${table} DROP CONSTRAINT ${name};
        CREATE TABLE changes_${end} PARTITION OF changes FOR VALUES FROM (${end}) TO (MAXVALUE)`,
    });
    return false;
  }

  /** Returns what `work` does, or false if it could not be done. */
  async #change(work: (client: Queryable) => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#db.transaction(
        async (client) => {
          await client.query({ text: `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}` });
          const text = 'SELECT pg_try_advisory_xact_lock($1)';
          const [locked] = await client.query({ text, values: [LOCK_KEY] });
          return locked?.[0] === true && (await work(client));
        },
        { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      );
    } catch (error) {
      if (isLockTimeout((error as Error).cause) || isPermissionDenied(error)) return false;
      throw error;
    }
  }
}

async function readPartitions(client: Queryable): Promise<Partition[]> {
  const rows = await client.query({ text: PARTITION_ROWS });
  return rows.map(([table, first]) => ({ table: table as string, first: first as number | null }));
}

async function readOldest(client: Queryable): Promise<CompletePartition | undefined> {
  const [oldest, next] = await readPartitions(client);
  if (oldest === undefined || next === undefined) return undefined;
  const later = 'SELECT 1 FROM changes WHERE sequence >= $1 LIMIT 1';
  if ((await client.query({ text: later, values: [next.first] })).length === 0) return undefined;
  const [newest] = await client.query({ text: `SELECT at FROM ${oldest.table} ORDER BY sequence DESC LIMIT 1` });
  return { ...oldest, newestAt: (newest?.[0] as number | undefined) ?? 0 };
}

/**
 * The end of the last partition, or undefined if it is not large. It is so far ahead that the partition is split long before
 * entries reach it: they would be rejected.
 */
async function chooseEnd(client: Queryable, first: number | null): Promise<number | undefined> {
  const text = 'SELECT last_value, (SELECT min(sequence) FROM changes) FROM changes_sequence_seq';
  const [row] = (await client.query({ text })) as [[newest: number, oldest: number | null]];
  const [newest, oldest] = row;
  if (oldest === null || newest - Math.max(oldest, first ?? 0) < MIN_USED) return undefined;
  return newest + Math.max(MIN_REST, Math.ceil((newest - oldest) / PARTITIONS));
}
