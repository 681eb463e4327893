import type { ListQuery, Page } from '../../domain/lists.ts';
import { isCheap } from '../sql/list-sql.ts';
import type { LongListReader } from './long-list-reader.ts';
import type { OpenFiles } from './open-files.ts';
import type { List, PageReader } from './page-reader.ts';
import type { Row } from './rows.ts';
import type { Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';

/** What pages are read with. */
export interface Pages {
  reader: PageReader;
  /** A soft-deleted user who is still to be purged, or undefined. */
  softDeletedUser: () => number | undefined;
}

export interface ListReaderDependencies {
  pages: OnBoth<Pages>;
  longLists: LongListReader;
  files: OpenFiles;
}

/** Reads cheap pages on this thread, and long lists in the list thread. */
export class ListReader {
  readonly #session: Session;
  readonly #pages: OnBoth<Pages>;
  readonly #longLists: LongListReader;
  readonly #files: OpenFiles;

  constructor(session: Session, dependencies: ListReaderDependencies) {
    this.#session = session;
    this.#pages = dependencies.pages;
    this.#longLists = dependencies.longLists;
    this.#files = dependencies.files;
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
    if (isCheap(table, query)) {
      const page = await this.#session.read(this.#pages, ({ reader, softDeletedUser }) => {
        if (maySkipRows(list, query) && softDeletedUser() !== undefined) return undefined;
        return reader.scansFewKeys(request) ? reader.read(request) : undefined;
      });
      if (page !== undefined) return page;
    }
    // The list thread opens the file by its path.
    this.#files.check();
    const page = await this.#longLists.read(request);
    await this.#session.readElsewhereIsOnDisk();
    return page;
  }
}

/**
 * Whether the list may have to skip many rows of soft-deleted users. A lookup of users skips few. Every JWT needs such a
 * lookup, so it must not wait for long lists.
 */
function maySkipRows<Filter extends object>(
  { table, lookupFilters = [] }: List<unknown, Filter, string>,
  { filter }: ListQuery<Filter, string>,
): boolean {
  return table.visible !== 'true' && lookupFilters.every((name) => filter[name] === undefined);
}
