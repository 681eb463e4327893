import type { DateTime, Spelling } from '../formats/date-times.ts';
import { spelling } from '../formats/date-times.ts';
import fc from '../support/fast-check.ts';
import type { Kind, SortKey } from './model.ts';
import {
  type Address,
  address,
  description,
  dueDate,
  searchText,
  status,
  visibleText,
  warningOffset,
} from './values.ts';

/**
 * Steps of a sequence as plain values. A step refers to a row by its index among the rows that exist when it runs, so that
 * a sequence remains valid when fast-check removes steps to find the shortest sequence that fails.
 */

/** One of the existing or, if `gone`, of the deleted rows. */
export interface Pick {
  gone: boolean;
  nth: number;
}

/** What makes a body invalid; `ownId` does so in a POST only. */
export type Twist = 'none' | 'missing' | 'ownId' | 'readOnly' | 'unknown' | 'wrong';

/** A list and its parameters. */
export interface ListStep {
  kind: Kind;
  sort: SortKey[];
  perPage: number | undefined;
  owner: Pick | undefined;
  ids: Pick[] | undefined;
  statuses: string[] | undefined;
  dueAfter: DateTime | undefined;
  dueBefore: DateTime | undefined;
  overdue: boolean | undefined;
  firstName: string | undefined;
  lastName: string | undefined;
  address: Address | undefined;
  /** `_search`. */
  search: string | undefined;
  /** `updatedSince`: this many milliseconds after the nth row was changed. */
  since: { nth: number; apart: number; finer: number; how: Spelling } | undefined;
}

export interface UserChanges {
  firstName?: string;
  lastName?: string;
  contactEmail?: Address;
}

export interface TaskChanges {
  userId?: Pick;
  taskTitle?: string;
  taskDescription?: string | null;
  taskStatus?: string;
  dueDate?: DateTime;
  warningOffset?: number;
}

export type Match = 'none' | 'present' | 'weak' | 'former' | 'foreign' | 'several' | 'any';

export type Step =
  | { do: 'createUser'; user: Required<UserChanges>; twist: Twist }
  | { do: 'raceUsers'; users: Required<UserChanges>[] }
  | { do: 'patchUser'; which: Pick; changes: UserChanges; again: boolean; twist: Twist }
  | { do: 'createTask'; task: TaskChanges & { userId: Pick }; twist: Twist }
  | { do: 'createTasks'; task: TaskChanges & { userId: Pick }; count: number }
  | { do: 'patchTask'; which: Pick; changes: TaskChanges; again: boolean; twist: Twist }
  | { do: 'batchUsers'; users: { user: Required<UserChanges>; twist: Twist }[]; lenient: boolean }
  | { do: 'batchTasks'; tasks: { task: TaskChanges & { userId: Pick }; twist: Twist }[]; lenient: boolean }
  | {
      do: 'batchPatch';
      tasks: { which: Pick; changes: TaskChanges; match: 'none' | 'present' | 'former'; twist: Twist }[];
      lenient: boolean;
    }
  | { do: 'batchDelete'; which: Pick[]; lenient: boolean }
  | { do: 'get'; kind: Kind; which: Pick; match: Match }
  | { do: 'delete'; kind: Kind; which: Pick }
  | { do: 'turnClock'; by: number }
  | { do: 'list'; list: ListStep; walk: 'cursors' | 'pages' | 'both'; count: boolean; again: boolean }
  | { do: 'stream'; list: ListStep }
  | { do: 'hold'; list: ListStep }
  | { do: 'goOn'; nth: number; perPage: number | undefined }
  | { do: 'misuse'; nth: number; how: 'page' | 'order' | 'filter' | 'kind' | 'character'; at: number };

const nth = fc.nat(60);
const pick: fc.Arbitrary<Pick> = fc.record({
  gone: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  nth,
});
const twist: fc.Arbitrary<Twist> = fc.oneof(
  { weight: 20, arbitrary: fc.constant('none' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Twist>('missing', 'ownId', 'ownId', 'readOnly', 'unknown', 'wrong'),
  },
);

const user = fc.record({ firstName: visibleText, lastName: visibleText, contactEmail: address });
const taskFields = {
  userId: pick,
  taskTitle: visibleText,
  taskDescription: description,
  taskStatus: status,
  dueDate,
  warningOffset,
};
const task = fc.record(taskFields, { requiredKeys: ['userId', 'taskTitle', 'dueDate', 'warningOffset'] });

const orderBy = (fields: string[]): fc.Arbitrary<SortKey[]> =>
  fc.uniqueArray(fc.record({ field: fc.constantFrom(...fields), descending: fc.boolean() }), {
    selector: ({ field }) => field,
    maxLength: 3,
  });
/** Undefined except once in this many times. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const perPage = fc.constantFrom(undefined, 1, 2, 3, 7, 20, 100);
const since = fc.record({
  nth,
  apart: fc.constantFrom(0, 0, 1, -1, -100_000),
  finer: fc.constantFrom(0, 0, 1, 999),
  how: spelling,
});
const ids = fc.array(pick, { minLength: 1, maxLength: 100 });
const never = fc.constant(undefined);

const listWith = (perPage: fc.Arbitrary<number | undefined>): fc.Arbitrary<ListStep> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('users' as const),
      sort: orderBy(['userId', 'firstName', 'lastName', 'contactEmail']),
      perPage,
      ...{ owner: never, statuses: never, dueAfter: never, dueBefore: never, overdue: never },
      ids: sometimes(ids, 8),
      firstName: sometimes(visibleText, 8),
      lastName: sometimes(visibleText, 8),
      address: sometimes(address, 8),
      since: sometimes(since, 5),
      search: sometimes(searchText, 3),
    }),
    fc.record({
      kind: fc.constant('tasks' as const),
      sort: orderBy(['taskId', 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'warningOffset']),
      perPage,
      ...{ firstName: never, lastName: never, address: never },
      owner: sometimes(pick, 4),
      ids: sometimes(ids, 10),
      statuses: sometimes(fc.uniqueArray(status, { minLength: 1 }), 3),
      dueAfter: sometimes(dueDate, 6),
      dueBefore: sometimes(dueDate, 6),
      overdue: sometimes(fc.boolean(), 5),
      since: sometimes(since, 5),
      search: sometimes(searchText, 3),
    }),
  );

const kind = fc.constantFrom<Kind>('users', 'tasks');
const MATCHES: Match[] = ['none', 'present', 'weak', 'former', 'foreign', 'several', 'any'];

const createUser: fc.Arbitrary<Step> = fc.record({ do: fc.constant('createUser'), user, twist });
const createTask: fc.Arbitrary<Step> = fc.record({ do: fc.constant('createTask'), task, twist });

/** The items of a batch. */
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: 1, maxLength: 5 });

const weighted: [number, fc.Arbitrary<Step>][] = [
  [6, createUser],
  [1, fc.record({ do: fc.constant('raceUsers'), users: fc.array(user, { minLength: 2, maxLength: 4 }) })],
  [
    5,
    fc.record({
      do: fc.constant('patchUser'),
      which: pick,
      changes: fc.record(
        { firstName: visibleText, lastName: visibleText, contactEmail: address },
        { requiredKeys: [] },
      ),
      again: fc.boolean(),
      twist,
    }),
  ],
  [8, createTask],
  [2, fc.record({ do: fc.constant('createTasks'), task, count: fc.constantFrom(2, 5, 16, 17, 40) })],
  [
    7,
    fc.record({
      do: fc.constant('patchTask'),
      which: pick,
      changes: fc.record(taskFields, { requiredKeys: [] }),
      again: fc.boolean(),
      twist,
    }),
  ],
  [2, fc.record({ do: fc.constant('batchUsers'), users: some(fc.record({ user, twist })), lenient: fc.boolean() })],
  [2, fc.record({ do: fc.constant('batchTasks'), tasks: some(fc.record({ task, twist })), lenient: fc.boolean() })],
  [
    5,
    fc.record({
      do: fc.constant('batchPatch'),
      tasks: some(
        fc.record({
          which: pick,
          changes: fc.record(taskFields, { requiredKeys: [] }),
          match: fc.constantFrom('none', 'present', 'former'),
          // In a batch, the task's own id is no error.
          twist: twist.map((one) => (one === 'ownId' || one === 'readOnly' ? 'none' : one)),
        }),
      ),
      lenient: fc.boolean(),
    }),
  ],
  [3, fc.record({ do: fc.constant('batchDelete'), which: some(pick), lenient: fc.boolean() })],
  [3, fc.record({ do: fc.constant('get'), kind, which: pick, match: fc.constantFrom(...MATCHES) })],
  [3, fc.record({ do: fc.constant('delete'), kind, which: pick })],
  [3, fc.record({ do: fc.constant('turnClock'), by: fc.constantFrom(1, 1, 999, 1000, 86_400_000, -1, -5000) })],
  [
    8,
    fc.record({
      do: fc.constant('list'),
      list: listWith(perPage),
      walk: fc.constantFrom('cursors', 'pages', 'both'),
      count: fc.boolean(),
      again: fc.boolean(),
    }),
  ],
  [4, fc.record({ do: fc.constant('stream'), list: listWith(never) })],
  [8, fc.record({ do: fc.constant('hold'), list: listWith(fc.constantFrom(1, 2, 5)) })],
  [8, fc.record({ do: fc.constant('goOn'), nth, perPage })],
  [
    5,
    fc.record({
      do: fc.constant('misuse'),
      nth,
      how: fc.constantFrom('page', 'order', 'filter', 'kind', 'character'),
      at: fc.nat(1000),
    }),
  ],
];

export const firstUsers = fc.array(createUser, { maxLength: 6, size: 'max' });
export const firstTasks = fc.array(createTask, { maxLength: 8, size: 'max' });
export const anyStep: fc.Arbitrary<Step> = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
