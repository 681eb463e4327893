import type { ListQuery, Page } from '../../domain/lists.ts';
import { isCheap } from '../sql/list-sql.ts';
import type { ListReader } from './list-reader.ts';
import type { List, ListRequest, Lists } from './lists.ts';
import type { OpenFiles } from './open-files.ts';
import type { Row } from './rows.ts';
import type { Session } from './session.ts';

export interface ListRouterDependencies {
  lists: Lists;
  listReader: ListReader;
  files: OpenFiles;
  /** A soft-deleted user who is still to be purged, or undefined. */
  softDeletedUser: () => number | undefined;
}

/** Reads cheap pages on this thread, and long lists in the list thread. */
export class ListRouter {
  readonly #session: Session;
  readonly #lists: Lists;
  readonly #listReader: ListReader;
  readonly #files: OpenFiles;
  readonly #softDeletedUser: () => number | undefined;

  constructor(session: Session, dependencies: ListRouterDependencies) {
    this.#session = session;
    this.#lists = dependencies.lists;
    this.#listReader = dependencies.listReader;
    this.#files = dependencies.files;
    this.#softDeletedUser = dependencies.softDeletedUser;
  }

  async read<T, Filter extends object, Field extends string>(
    list: List<T, Filter, Field>,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    const { items, ...page } = await this.#readRows(list, query);
    return { ...page, items: items.map(list.toItem) };
  }

  async #readRows<Filter extends object, Field extends string>(
    list: List<unknown, Filter, Field>,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<Row>> {
    const { table, updateIndex } = list;
    const request = { table, updateIndex, query };
    const cheap =
      isCheap(table, query) && (await this.#session.read(() => this.#skipsFewRows(request, maySkipRows(list, query))));
    if (cheap) return this.#session.read(() => this.#lists.read(request));
    // The list thread opens the file by its path.
    this.#files.check();
    return this.#listReader.read(request);
  }

  #skipsFewRows(request: ListRequest, maySkip: boolean): boolean {
    if (maySkip && this.#softDeletedUser() !== undefined) return false;
    return this.#lists.scansFewKeys(request);
  }
}

/**
 * Whether the list may have to skip many rows of soft-deleted users. A lookup of one user skips none. Every JWT needs such a
 * lookup, so it must not wait for long lists.
 */
function maySkipRows<Filter extends object>(
  { table, uniqueFilters = [] }: List<unknown, Filter, string>,
  { filter }: ListQuery<Filter, string>,
): boolean {
  return table.visible !== 'true' && uniqueFilters.every((name) => filter[name] === undefined);
}
