import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { Change, ChangeQuery } from '../../domain/changes.ts';
import type { ListQuery, Page } from '../../domain/lists.ts';
import type { Task, TaskQuery } from '../../domain/tasks.ts';
import type { Token, TokenQuery } from '../../domain/tokens.ts';
import type { User, UserQuery } from '../../domain/users.ts';
import type { Delivery, DeliveryQuery, Webhook, WebhookQuery } from '../../domain/webhooks.ts';
import { CHANGE_LIST, toChange } from '../sql/change-rows.ts';
import {
  countStatement,
  isCheap as isCheapPage,
  type ListTable,
  pageStatement,
  type Statement,
} from '../sql/list-sql.ts';
import { TASK_LIST, toTask } from '../sql/task-rows.ts';
import { TOKEN_LIST, toToken } from '../sql/token-rows.ts';
import { toUser, USER_LIST } from '../sql/user-rows.ts';
import { DELIVERY_LIST, toDelivery, toWebhook, WEBHOOK_LIST } from '../sql/webhook-rows.ts';
import { ADDRESS_PARTS, nextKeysStatement, ownKeysAreNear } from './address-order.ts';
import { prepare, type Row, type RowStatement } from './rows.ts';
import { TASK_VISIBLE, VISIBLE_CHANGE } from './visibility.ts';

/** Up to how many rows that changed since an instant are sorted; with more, the table is walked in order instead. */
const MAX_SORTED = 50_000;

/** How many statements are kept prepared: far more than are in common use. */
const MAX_PREPARED = 200;

interface List<T> {
  table: ListTable<object, string>;
  toItem: (row: Row) => T;
  /** The index that serves the filter `updatedSince`. */
  updateIndex?: string;
}

const LISTS = {
  users: {
    table: { ...USER_LIST, visible: 'deleted = 0', parts: { contactEmail: ADDRESS_PARTS } },
    toItem: toUser,
    updateIndex: 'users_by_update',
  } satisfies List<User>,
  tasks: {
    table: { ...TASK_LIST, visible: TASK_VISIBLE },
    toItem: toTask,
    updateIndex: 'tasks_by_update',
  } satisfies List<Task>,
  tokens: {
    table: TOKEN_LIST,
    toItem: toToken,
  } satisfies List<Token>,
  changes: {
    table: { ...CHANGE_LIST, columns: VISIBLE_CHANGE, visible: 'true' },
    toItem: toChange,
  } satisfies List<Change>,
  webhooks: {
    table: WEBHOOK_LIST,
    toItem: toWebhook,
  } satisfies List<Webhook>,
  deliveries: {
    table: DELIVERY_LIST,
    toItem: toDelivery,
  } satisfies List<Delivery>,
};

/** A query and the list that it is for. */
export type ListRequest =
  | { list: 'users'; query: UserQuery }
  | { list: 'tasks'; query: TaskQuery }
  | { list: 'tokens'; query: TokenQuery }
  | { list: 'changes'; query: ChangeQuery }
  | { list: 'webhooks'; query: WebhookQuery }
  | { list: 'deliveries'; query: DeliveryQuery };

/** What is listed. */
export type ListItem = User | Task | Token | Change | Webhook | Delivery;

/** Whether a list may be read on the main thread. */
export function isCheap({ list, query }: ListRequest): boolean {
  const { table }: List<unknown> = LISTS[list];
  return isCheapPage(table, query);
}

/**
 * A condition for every row, first of all, that calls `in_time` for one row in 64: often enough, and next to nothing where
 * an index alone is read. What `in_time` throws ends the statement.
 */
const IN_TIME = '(rowid & 63 OR in_time())';

/** Reads pages. Every page, and what is counted with it, is of one moment. */
export class Lists {
  readonly #db: DatabaseSync;
  readonly #prepared = new LRUCache<string, RowStatement>({ max: MAX_PREPARED });
  readonly #timed: boolean;

  /**
   * @param checkTime throws when a list has taken too long. It is called again and again while rows are read; SQLite gives
   *   no other way to end a statement. Where rows are sorted, nearly all of the work is done as they are read.
   */
  constructor(db: DatabaseSync, checkTime?: () => void) {
    this.#db = db;
    this.#timed = checkTime !== undefined;
    if (checkTime === undefined) return;
    db.function('in_time', () => {
      checkTime();
      return 1;
    });
  }

  read({ list, query }: ListRequest): Page<ListItem> {
    const { table: plain, toItem, updateIndex }: List<ListItem> = LISTS[list];
    const table = this.#timed ? { ...plain, visible: `${IN_TIME} AND ${plain.visible}` } : plain;
    const { updatedSince } = query.filter as { updatedSince?: number };
    if (updatedSince === undefined && !query.count) return this.#page(table, toItem, query);
    this.#db.exec('BEGIN');
    try {
      const byUpdate = updatedSince !== undefined && updateIndex !== undefined;
      const forPage = byUpdate ? this.#forUpdates(table, updateIndex, updatedSince) : table;
      const page = this.#page(forPage, toItem, query);
      if (query.count) page.total = this.#all(countStatement(table, query))[0]?.[0] as number;
      return page;
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  /** Whether a page that is merged from parts soon finds the rows of each. */
  findsPartsSoon({ list, query }: ListRequest): boolean {
    if (list !== 'users') return true;
    const statement = nextKeysStatement(query);
    return statement === undefined || ownKeysAreNear(query, this.#all(statement)[0] as [number, number]);
  }

  #page<T>(table: List<T>['table'], toItem: (row: Row) => T, query: ListQuery<object, string>): Page<T> {
    const rows = this.#all(pageStatement(table, query));
    return { items: rows.slice(0, query.limit).map(toItem), more: rows.length > query.limit };
  }

  /**
   * SQLite cannot know whether few rows changed, which are best found by their index and sorted, or so many that a walk
   * in order soon finds enough. So they are counted as far as it matters, and it is told.
   */
  #forUpdates(table: List<unknown>['table'], index: string, since: number): List<unknown>['table'] {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table.name} WHERE updated_at >= ? LIMIT ?)`;
    const changed = this.#all({ sql, params: [since, MAX_SORTED + 1] })[0]?.[0] as number;
    if (changed <= MAX_SORTED) return { ...table, name: `${table.name} INDEXED BY ${index}`, parts: undefined };
    // The plus sign keeps SQLite from using the index.
    return { ...table, filters: { ...table.filters, updatedSince: '+updated_at >= ?' } as typeof table.filters };
  }

  #all({ sql, params }: Statement): Row[] {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = prepare(this.#db, sql);
      this.#prepared.set(sql, statement);
    }
    return statement.all(...params);
  }
}
