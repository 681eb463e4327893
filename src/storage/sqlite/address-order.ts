import type { ListQuery, SortValue } from '../../domain/lists.ts';
import type { Statement, TablePartition } from '../sql/list-sql.ts';

/** A lower-case address is its own key. The unique index of the keys sorts these users. */
const LOWER_CASE: TablePartition = { condition: 'contact_email = contact_email_key', column: 'contact_email_key' };

/** A partial index sorts all other users. */
const OTHER: TablePartition = { condition: 'contact_email <> contact_email_key', column: 'contact_email' };

/**
 * Users sorted by address are merged from these. One index of all addresses would make the creation of users slower by a
 * third: addresses arrive in no order, so each insert would write another page.
 */
export const ADDRESS_PARTITIONS: readonly TablePartition[] = [LOWER_CASE, OTHER];

type Page = Pick<ListQuery<object, string>, 'from' | 'limit'>;

/** The number of keys in the sample for each row of the page. */
const SAMPLE_FACTOR = 5;

/**
 * Reads the next keys of a page that is sorted by address, and returns two numbers for {@link isDense}: how many keys there
 * are, and how many of them are addresses. Undefined for other pages.
 */
export function keySampleStatement({ filter, from, limit, sort }: ListQuery<object, string>): Statement | undefined {
  const [first] = sort;
  if (first?.field !== 'contactEmail' || Object.keys(filter).length > 0) return undefined;
  const { condition, column } = LOWER_CASE;
  const position = 'after' in from ? [from.after[0] as SortValue] : [];
  const beyond = position.map(() => `WHERE ${column} ${first.descending ? '<' : '>'} ?`);
  const keys = `SELECT ${condition} AS is_address FROM users ${beyond} ORDER BY ${column}${first.descending ? ' DESC' : ''} LIMIT ?`;
  return {
    sql: `SELECT count(*), total(is_address) FROM (${keys})`,
    params: [...position, SAMPLE_FACTOR * rowsToRead({ from, limit })],
  };
}

/**
 * Whether a page sorted by address reads few keys. If nearly all addresses contain upper-case letters, any number of keys
 * may have to be read to find those that are addresses.
 */
export function isDense(query: Page, [keys, addresses]: readonly [number, number]): boolean {
  return keys < SAMPLE_FACTOR * rowsToRead(query) || addresses >= rowsToRead(query);
}

/** The number of rows that the page reads. */
function rowsToRead({ from, limit }: Page): number {
  return limit + 1 + ('offset' in from ? from.offset : 0);
}
