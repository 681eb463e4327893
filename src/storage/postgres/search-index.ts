import type pg from 'pg';
import { WORD_RULES } from '../../formats/words.ts';
import { type SearchSource, storedWords, TASK_SEARCH, USER_SEARCH } from '../sql/search-words.ts';
import { toVector } from './search.ts';

/** The number of rows that are read and stored at a time. */
const ROWS_PER_STEP = 5_000;

/**
 * Makes all words again if they were made by other rules than those of this program, or never. Call it while the lock of
 * migrations is held. Meanwhile, other processes cannot write users and tasks.
 */
export async function updateSearchIndexes(client: pg.Client): Promise<void> {
  if (!(await areWordsCurrent(client))) await rebuildSearchIndexes(client);
}

/** Whether the words of all rows were made by the rules of this program. */
export async function areWordsCurrent(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query('SELECT rules FROM search_rules');
  return rows[0]?.rules === WORD_RULES;
}

/** Makes all words again, in one transaction. */
export async function rebuildSearchIndexes(client: pg.Client, onRows?: (count: number) => void): Promise<void> {
  await client.query('BEGIN');
  await client.query('LOCK TABLE users, tasks IN SHARE MODE');
  for (const [table, source] of [
    ['users', USER_SEARCH],
    ['tasks', TASK_SEARCH],
  ] as const) {
    await rebuild(client, table, source, onRows);
  }
  await client.query('UPDATE search_rules SET rules = $1', [WORD_RULES]);
  await client.query('COMMIT');
  await client.query(`ANALYZE ${USER_SEARCH.index}, ${TASK_SEARCH.index}`);
}

async function rebuild(
  client: pg.Client,
  table: string,
  { index, id, texts }: SearchSource,
  onRows?: (count: number) => void,
): Promise<void> {
  const { rows: definitions } = await client.query(
    `SELECT pg_get_indexdef('${index}_by_word'::regclass) AS definition`,
  );
  const [byWord] = definitions;
  // Creating an index for existing rows takes a fraction of the time of updating it for each row.
  await client.query(`TRUNCATE ${index}; DROP INDEX ${index}_by_word`);
  let last = '0';
  for (;;) {
    const { rows } = await client.query<[string | number, ...(string | null)[]]>({
      text: `SELECT ${id}, ${texts.join(', ')} FROM ${table} WHERE ${id} > $1 ORDER BY ${id} LIMIT ${ROWS_PER_STEP}`,
      values: [last],
      rowMode: 'array',
    });
    if (rows.length === 0) break;
    const ids = rows.map(([rowId]) => String(rowId));
    const words = rows.map(([, ...values]) => storedWords(...values));
    await client.query(
      `INSERT INTO ${index} SELECT id, ${toVector('words')} FROM unnest($1::bigint[], $2::text[]) AS input (id, words)`,
      [ids, words],
    );
    last = ids.at(-1) as string;
    onRows?.(rows.length);
  }
  await client.query(byWord?.definition);
}
