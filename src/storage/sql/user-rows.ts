import type { NewUser, User, UserChanges, UserFilter, UserSortField } from '../../domain/users.ts';
import { type Columns, columnList, integer, text } from './columns.ts';
import type { ListTable } from './list-sql.ts';
import { USER_SEARCH } from './search-words.ts';

/** The columns that UPDATE sets from a {@link User}. */
export const CHANGED_USER_FIELDS = {
  firstName: text('first_name'),
  lastName: text('last_name'),
  contactEmail: text('contact_email'),
} satisfies Columns<Exclude<keyof NewUser, 'contactEmailKey'>>;

export const USER_FIELDS = {
  userId: integer('user_id'),
  ...CHANGED_USER_FIELDS,
  version: integer('version'),
} satisfies Columns<keyof User>;

/** The columns that INSERT sets from a {@link NewUser}. */
export const NEW_USER_FIELDS: Columns<keyof NewUser> = {
  ...CHANGED_USER_FIELDS,
  contactEmailKey: text('contact_email_key'),
};

/** The columns that {@link toUser} reads. */
export const USER_COLUMNS = columnList(USER_FIELDS);

/** Written out instead of `rowDecoder`, which takes ten times as long: GET /users/{userId} is the most frequent read. */
export function toUser(row: readonly unknown[]): User {
  const [userId, firstName, lastName, contactEmail, version] = row as [number, string, string, string, number];
  return { userId, firstName, lastName, contactEmail, version };
}

/** The user that was inserted with this id. */
export function insertedUser(userId: number, { contactEmailKey, ...fields }: NewUser): User {
  return { userId, ...fields, version: 1 };
}

/** The user after the changes; the same object if no value differs. */
export function changeUser(user: User, { contactEmailKey, ...changes }: UserChanges): User {
  const changed = { ...user, ...changes, version: user.version + 1 };
  const fields = Object.keys(CHANGED_USER_FIELDS) as (keyof typeof CHANGED_USER_FIELDS)[];
  return fields.every((field) => changed[field] === user[field]) ? user : changed;
}

const SORT_FIELDS = ['userId', 'firstName', 'lastName', 'contactEmail'] as const satisfies UserSortField[];

/** The list of users. The adapters add `visible` and the filter `search`. */
export const USER_LIST: Omit<ListTable<Omit<UserFilter, 'search'>, UserSortField>, 'visible'> = {
  name: 'users',
  search: USER_SEARCH,
  columns: USER_COLUMNS,
  filters: {
    userIds: 'user_id IN (?)',
    firstName: 'first_name = ?',
    lastName: 'last_name = ?',
    contactEmailKey: 'contact_email_key = ?',
    updatedSince: 'updated_at >= ?',
  },
  ids: 'userIds',
  sortColumns: {
    userId: 'user_id',
    firstName: 'first_name',
    lastName: 'last_name',
    contactEmail: 'contact_email',
  },
  indexed: {
    '': SORT_FIELDS,
    firstName: ['userId', 'firstName'],
    lastName: ['userId', 'lastName'],
    // At most one row, so there is nothing to sort.
    contactEmailKey: SORT_FIELDS,
  },
};
