import type { ListQuery, SortValue } from '../../domain/lists.ts';
import type { Statement, TablePart } from '../sql/list-sql.ts';

/** An address in small letters is its own key, and in order in the index that keeps keys unique. */
const OWN_KEY: TablePart = { condition: 'contact_email = contact_email_key', column: 'contact_email_key' };

/** The others have an index that holds nobody else. */
const OTHER_KEY: TablePart = { condition: 'contact_email <> contact_email_key', column: 'contact_email' };

/**
 * What users sorted by address are merged from. An index of all addresses would cost the creation of a user a third of its
 * time, since addresses come in no order and each changes another page.
 */
export const ADDRESS_PARTS: readonly TablePart[] = [OWN_KEY, OTHER_KEY];

type Page = Pick<ListQuery<object, string>, 'from' | 'limit'>;

/** How many of the keys are looked at for each one that is wanted. */
const LOOKED_AT = 5;

/**
 * The statement that looks at the next keys and gives two numbers: how many of them there are, and how many are addresses
 * themselves. See {@link ownKeysAreNear}.
 */
export function nextKeysStatement({ filter, from, limit, sort }: ListQuery<object, string>): Statement | undefined {
  const [first] = sort;
  if (first?.field !== 'contactEmail' || Object.keys(filter).length > 0) return undefined;
  const { condition, column } = OWN_KEY;
  const place = 'after' in from ? [from.after[0] as SortValue] : [];
  const beyond = place.map(() => `WHERE ${column} ${first.descending ? '<' : '>'} ?`);
  const keys = `SELECT ${condition} AS own FROM users ${beyond} ORDER BY ${column}${first.descending ? ' DESC' : ''} LIMIT ?`;
  return { sql: `SELECT count(*), total(own) FROM (${keys})`, params: [...place, LOOKED_AT * wanted({ from, limit })] };
}

/**
 * Whether a page sorted by address soon finds the users whose address is its own key. Where nearly all addresses have
 * capitals, any number of keys may have to be passed over for the few that are.
 */
export function ownKeysAreNear(query: Page, [looked, own]: readonly [number, number]): boolean {
  return looked < LOOKED_AT * wanted(query) || own >= wanted(query);
}

/** How many rows the page needs to find. */
function wanted({ from, limit }: Page): number {
  return limit + 1 + ('offset' in from ? from.offset : 0);
}
