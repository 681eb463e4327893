import type { ListQuery } from '../../domain/lists.ts';
import type { ListTable } from '../sql/list-sql.ts';
import { MAX_FOUND, type SearchSource } from '../sql/search-words.ts';
import type { Queryable } from './database.ts';

/** The condition that the index finds a row. The parameter is a query that {@link matching} makes. */
export function foundBy({ index, id }: SearchSource): string {
  // An array, because for a join or IN the planner may read the rows in another order and compare each.
  return `${id} = ANY (ARRAY(SELECT ${id} FROM ${index} WHERE words @@ ?::tsquery))`;
}

/** The query for rows in which each of the words starts a word. Words contain nothing that has a meaning in it. */
function matching(search: string): string {
  return search
    .split(' ')
    .map((word) => `'${word}':*`)
    .join(' & ');
}

/** How to read rows. */
export interface Reading<Filter, Field extends string> {
  table: ListTable<Filter, Field>;
  query: ListQuery<Filter, Field>;
}

/** How to read a page. */
interface Plan<Filter, Field extends string> {
  page: Reading<Filter, Field>;
  /** For a page that is not read in time. */
  otherwise?: Reading<Filter, Field>;
}

/** Compares the words of each row, in the order of the list. The planner cannot make a search of the index of words of it. */
export function comparing<Filter extends object, Field extends string>(
  reading: Reading<Filter, Field>,
): Reading<Filter, Field> {
  const { table } = reading;
  if (searchOf(reading) === undefined || table.search === undefined) return reading;
  const { index, id } = table.search;
  const search = `(SELECT words FROM ${index} WHERE ${index}.${id} = ${table.name}.${id}) @@ ?::tsquery`;
  return withQuery({ ...reading, table: { ...table, filters: { ...table.filters, search } } });
}

/**
 * Chooses how to find rows by words. If few rows have them, the index of words finds these. If many have them, reading in the
 * order of the list soon finds enough; if it does not, or to count all rows, the index is used.
 */
export async function planOf<Filter extends object, Field extends string>(
  db: Queryable,
  reading: Reading<Filter, Field>,
): Promise<Plan<Filter, Field>> {
  const { table, query } = reading;
  if (searchOf(reading) === undefined || table.search === undefined) return { page: reading };
  // The rows that the words give are not in the order of another index.
  const found = withQuery({ query, table: { ...table, merged: undefined } });
  const rows = query.count ? 0 : await estimate(db, table.search, searchOf(found) as string);
  return rows <= MAX_FOUND ? { page: found } : { page: comparing(reading), otherwise: found };
}

function searchOf({ query }: Reading<object, string>): string | undefined {
  return (query.filter as { search?: string }).search;
}

function withQuery<Filter extends object, Field extends string>(
  reading: Reading<Filter, Field>,
): Reading<Filter, Field> {
  const search = matching(searchOf(reading) as string);
  return { ...reading, query: { ...reading.query, filter: { ...reading.query.filter, search } } };
}

/** How many rows a query finds, as the planner estimates it from its statistics. */
async function estimate(db: Queryable, { index }: SearchSource, query: string): Promise<number> {
  const text = `EXPLAIN (FORMAT JSON) SELECT FROM ${index} WHERE words @@ $1::tsquery`;
  const [[[{ Plan: plan }]]] = (await db.query({ text, values: [query] })) as [[[{ Plan: { 'Plan Rows': number } }]]];
  return plan['Plan Rows'];
}

/** The stored form of words that are separated by spaces. */
export function toVector(words: string): string {
  return `array_to_tsvector(string_to_array(${words}, ' '))`;
}

/** A row that has changed: the words of its texts before and after. */
interface ChangedWords {
  id: number;
  before: string;
  after: string;
}

/** Stores the words of rows that have changed. */
export async function replaceWords(
  db: Queryable,
  { index, id }: SearchSource,
  rows: readonly ChangedWords[],
): Promise<void> {
  const changed = rows.filter(({ before, after }) => after !== before);
  if (changed.length === 0) return;
  const text = `UPDATE ${index} SET words = ${toVector('input.words')}
    FROM unnest($1::bigint[], $2::text[]) AS input (id, words) WHERE ${index}.${id} = input.id`;
  await db.query({
    name: `replace_${index}`,
    text,
    values: [changed.map((row) => row.id), changed.map(({ after }) => after)],
  });
}

/** Deletes the words of rows that are deleted. */
export async function deleteWords(db: Queryable, { index, id }: SearchSource, ids: readonly number[]): Promise<void> {
  await db.query({
    name: `delete_${index}`,
    text: `DELETE FROM ${index} WHERE ${id} = ANY($1::bigint[])`,
    values: [ids],
  });
}
