import type { User, UserChanges, UserFilter, UserSortField } from '../../domain/users.ts';
import type { ListTable } from './list-sql.ts';

/** The columns that {@link toUser} reads. */
export const USER_COLUMNS = 'user_id, first_name, last_name, contact_email, version';

export function toUser(row: readonly unknown[]): User {
  const [userId, firstName, lastName, contactEmail, version] = row as [number, string, string, string, number];
  return { userId, firstName, lastName, contactEmail, version };
}

/** The user after the changes; the very same object when they change nothing. */
export function changeUser(user: User, { contactEmailKey, ...changes }: UserChanges): User {
  const changed = { ...user, ...changes, version: user.version + 1 };
  const same = (['firstName', 'lastName', 'contactEmail'] as const).every((field) => changed[field] === user[field]);
  return same ? user : changed;
}

const SORT_FIELDS = ['userId', 'firstName', 'lastName', 'contactEmail'] as const satisfies UserSortField[];

/** The list of users, in the dialect that the databases share. */
export const USER_LIST: Omit<ListTable<UserFilter, UserSortField>, 'visible'> = {
  name: 'users',
  columns: USER_COLUMNS,
  filters: { userId: 'user_id = ?', contactEmailKey: 'contact_email_key = ?', updatedSince: 'updated_at >= ?' },
  sortColumns: {
    userId: 'user_id',
    firstName: 'first_name',
    lastName: 'last_name',
    contactEmail: 'contact_email',
  },
  indexed: {
    '': SORT_FIELDS,
    // One row at most: nothing to sort.
    userId: SORT_FIELDS,
    contactEmailKey: SORT_FIELDS,
    'userId contactEmailKey': SORT_FIELDS,
  },
};
