import { CHANGE_COLUMNS } from '../sql/change-rows.ts';

// A deleted user with much data is first soft-deleted, then purged in small steps. In the meantime, these conditions hide
// the rest of the data.

/** Finds a soft-deleted user. There is seldom one. */
export const SOFT_DELETED_USER = 'SELECT user_id FROM users WHERE deleted = 1 LIMIT 1';

/**
 * The condition that a column names a soft-deleted user. It uses the index of soft-deleted users, which is nearly always
 * empty: a lookup in the table would read a page for each row.
 */
export function isDeletedUser(column: string): string {
  return `EXISTS (SELECT 1 FROM users INDEXED BY users_deleted
    WHERE users.user_id = ${column} AND users.deleted = 1)`;
}

/** The condition that a task's owner is not soft-deleted. */
export const TASK_VISIBLE = `NOT ${isDeletedUser('tasks.user_id')}`;

/** The values of an entry of the change log, without those of a soft-deleted user. */
export const VISIBLE_OLD_VALUES = `CASE WHEN ${isDeletedUser('changes.user_id')}
  OR ${isDeletedUser('changes.former_user_id')} THEN NULL ELSE old_values END`;
export const VISIBLE_NEW_VALUES = `CASE WHEN ${isDeletedUser('changes.user_id')} THEN NULL ELSE new_values END`;

/** The columns of an entry of the change log, without the values of a soft-deleted user. */
export const VISIBLE_CHANGE = CHANGE_COLUMNS.replace('old_values', VISIBLE_OLD_VALUES).replace(
  'new_values',
  VISIBLE_NEW_VALUES,
);
