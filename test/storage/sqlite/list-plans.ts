import assert from 'node:assert/strict';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ListQuery, SortKey, SortValue } from '../../../src/domain/lists.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks.ts';
import { isCheap } from '../../../src/storage/sql/list-sql.ts';
import { type ListRequest, PageReader } from '../../../src/storage/sqlite/page-reader.ts';
import { TASKS } from '../../../src/storage/sqlite/tasks.ts';
import { USERS } from '../../../src/storage/sqlite/users.ts';

/** The columns of each list's filters and sort fields, and values that they may have. */
export const LISTS = {
  users: {
    list: USERS,
    id: 'userId',
    filters: {
      userIds: [7, 8],
      firstName: 'a',
      lastName: 'a',
      contactEmailKey: 'a@example.com',
      updatedSince: 0,
      search: 'a b',
    },
    sort: { userId: 7, firstName: 'a', lastName: 'a', contactEmail: 'a@example.com' },
    columns: {
      ...{ userIds: 'rowid', userId: 'rowid', contactEmailKey: 'contact_email_key', updatedSince: 'updated_at' },
      ...{ firstName: 'first_name', lastName: 'last_name', contactEmail: 'contact_email' },
    },
  },
  tasks: {
    list: TASKS,
    id: 'taskId',
    filters: {
      ...{ userId: 7, taskIds: [7, 8, 9], taskStatus: 'BLOCKED', taskStatuses: ['BLOCKED', 'DEFERRED'] },
      ...{ dueAfter: -5n, dueBefore: 5n, notOverdueAt: 0n, updatedSince: 0, search: 'a b' },
    },
    sort: { taskId: 7, userId: 7, taskTitle: 'a', taskStatus: 'BLOCKED', dueDate: 0n, warningOffset: 0 },
    columns: {
      ...{ taskIds: 'rowid', taskId: 'rowid', userId: 'user_id', taskStatus: 'task_status' },
      ...{ taskStatuses: 'task_status', updatedSince: 'updated_at' },
      ...{ taskTitle: 'task_title', dueDate: 'due_at', warningOffset: 'warning_offset' },
    },
  },
} as const;

export type Kind = keyof typeof LISTS;
export type Query = ListQuery<Record<string, SortValue | readonly SortValue[]>, string>;

const columnOf = (kind: Kind, name: string): string => (LISTS[kind].columns as Record<string, string>)[name] as string;

/** The statements and plans so far of each database: most requests differ in the values only. */
const prepared = new WeakMap<DatabaseSync, Map<string, { statement: StatementSync; plan: string[] }>>();

function prepareOnce(db: DatabaseSync, sql: string): { statement: StatementSync; plan: string[] } {
  const known = prepared.get(db) ?? new Map();
  prepared.set(db, known);
  let found = known.get(sql);
  if (found === undefined) {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    found = { statement: db.prepare(sql), plan: steps.map(({ detail }) => String(detail)) };
    known.set(sql, found);
  }
  return found;
}

/** How SQLite goes about each statement that reading the list takes, a line a step. */
export function plansOf(db: DatabaseSync, request: ListRequest): string[][] {
  const plans: string[][] = [];
  const recording = {
    prepare(sql: string) {
      const { statement, plan } = prepareOnce(db, sql);
      plans.push(plan);
      return statement;
    },
    exec: (sql: string) => db.exec(sql),
    function: db.function.bind(db),
  };
  new PageReader(recording as unknown as DatabaseSync).read(request);
  return plans;
}

export const isCheapPage = ({ table, query }: ListRequest): boolean => isCheap(table, query);

export function requestOf(kind: Kind, query: Query): ListRequest {
  const { table, updateIndex } = LISTS[kind].list;
  return { table, updateIndex, query };
}

/** The position of a row in a list that is sorted so. */
export function positionIn(kind: Kind, sort: SortKey<string>[]): { after: SortValue[] } {
  return { after: sort.map(({ field }) => (LISTS[kind].sort as Record<string, SortValue>)[field] as SortValue) };
}

/** The sort fields that no filter fixes. */
function sortingKeys({ filter, sort }: Query): SortKey<string>[] {
  return sort.filter(({ field }) => !(field in filter));
}

/** The conditions by which each branch of a page searches its index. */
function expectedSearches(kind: Kind, query: Query): string[][] {
  const { dueAfter, dueBefore, taskStatuses, ...equal } = query.filter;
  const keys = sortingKeys(query);
  const branches = 'after' in query.from ? keys.map((_, i) => keys.slice(0, keys.length - i)) : [[]];
  // Users by address are merged from two indexes; tasks with several statuses from a range for each status.
  const byAddress = kind === 'users' && keys[0]?.field === 'contactEmail';
  const firstColumns = byAddress ? ['contact_email_key', 'contact_email'] : [undefined];
  const fixed = Object.keys(equal).map((name) => `${columnOf(kind, name)}=?`);
  const ownerByDueDate =
    query.filter.userId !== undefined && !('taskStatus' in query.filter) && query.sort[0]?.field === 'dueDate';
  const statuses = (taskStatuses ?? (ownerByDueDate ? TASK_STATUSES : [])) as readonly string[];
  const partitions = statuses.length > 0 ? statuses.map(() => [...fixed, 'task_status=?']) : [fixed];
  return branches.flatMap((branch) =>
    firstColumns.flatMap((first) =>
      partitions.map((conditions) => {
        // An address that is its own key is at most one row's.
        const used = first === 'contact_email_key' ? branch.slice(0, 1) : branch;
        const beyond = used.map(({ field, descending }, i) => {
          const column = (i === 0 && first) || columnOf(kind, field);
          return `${column}${i < branch.length - 1 ? '=' : descending ? '<' : '>'}?`;
        });
        // A due date that a position fixes needs no range.
        const range = beyond.includes('due_at=?')
          ? []
          : [dueAfter !== undefined && 'due_at>?', dueBefore !== undefined && 'due_at<?'].filter(
              (one) => one !== false,
            );
        return [...new Set([...conditions, ...beyond, ...range])];
      }),
    ),
  );
}

/** Checks that given ids are looked up in the table, whatever the order. */
export function assertLookedUp(db: DatabaseSync, kind: Kind, query: Query): void {
  const [plan] = plansOf(db, requestOf(kind, query)) as [string[]];
  const steps = plan.filter((line) => new RegExp(`^(SCAN|SEARCH) ${kind}\\b`).test(line));
  assert.ok(steps.length > 0);
  for (const step of steps) assert.match(step, /USING INTEGER PRIMARY KEY \(rowid=\?\)$/, plan.join('\n'));
}

/**
 * Checks that the page is read from one index, in its order, beginning with its first row: nothing is sorted, and
 * nothing passed over that a filter leaves out or a position has behind it.
 */
export function assertInOrder(db: DatabaseSync, kind: Kind, query: Query): void {
  const plans = plansOf(db, requestOf(kind, query));
  assert.equal(plans.length, 1);
  const plan = plans[0] as string[];
  const description = `${JSON.stringify(query, (_, value) => (typeof value === 'bigint' ? String(value) : value))}:\n${plan.join('\n')}`;
  assert.doesNotMatch(description, /TEMP B-TREE/, description);
  const steps = plan.filter((line) => new RegExp(`^(SCAN|SEARCH) ${kind}\\b`).test(line));
  if ('userIds' in query.filter || 'contactEmailKey' in query.filter) {
    // One row at most, found by what is unique.
    for (const step of steps) assert.match(step, /\((rowid|contact_email_key)=\?/, description);
    return;
  }
  assert.deepEqual(
    // The index of owners contains the id as a column, too.
    steps.map((step) =>
      (/\((.*)\)/.exec(step)?.[1] ?? '').replace('task_id', 'rowid').split(' AND ').filter(Boolean).sort(),
    ),
    expectedSearches(kind, query).map((conditions) => conditions.sort()),
    description,
  );
  const keys = sortingKeys(query);
  for (const step of steps) {
    // Without an index a table is in the order of its ids.
    if (keys[0]?.field !== LISTS[kind].id) assert.match(step, / USING (COVERING )?INDEX /, description);
  }
}

/** The order by a field, completed by the id. */
export function orderBy(kind: Kind, field: string, descending: boolean): SortKey<string>[] {
  const { id } = LISTS[kind];
  return field === id
    ? [{ field, descending }]
    : [
        { field, descending },
        { field: id, descending },
      ];
}

export const page = { limit: 20, count: false };
