import type { ListQuery, Page } from '../../domain/lists.ts';
import { isCheap } from '../sql/list-sql.ts';
import type { ListReader } from './list-reader.ts';
import type { List, ListRequest, Lists } from './lists.ts';
import type { OpenFiles } from './open-files.ts';
import type { Row } from './rows.ts';
import type { Session } from './session.ts';

export interface ListRouterParts {
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

  constructor(session: Session, parts: ListRouterParts) {
    this.#session = session;
    this.#lists = parts.lists;
    this.#listReader = parts.listReader;
    this.#files = parts.files;
    this.#softDeletedUser = parts.softDeletedUser;
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
    // The list thread would open the file that is at the path now.
    this.#files.check();
    return this.#listReader.read(request);
  }

  #skipsFewRows(request: ListRequest, maySkip: boolean): boolean {
    if (maySkip && this.#softDeletedUser() !== undefined) return false;
    return this.#lists.findsPartsSoon(request);
  }
}

/**
 * Whether any number of rows of soft-deleted users may have to be skipped. A lookup of one user, which every JWT needs,
 * skips none: it must not wait behind long lists.
 */
function maySkipRows<Filter extends object>(
  { table, uniqueFilters = [] }: List<unknown, Filter, string>,
  { filter }: ListQuery<Filter, string>,
): boolean {
  return table.visible !== 'true' && uniqueFilters.every((name) => filter[name] === undefined);
}
