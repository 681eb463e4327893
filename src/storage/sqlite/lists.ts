import type { ListQuery, ListStream, Page } from '../../domain/lists.ts';
import { type StreamedList, toLines, wholeList } from '../sql/json-lines.ts';
import { isCheap } from '../sql/list-sql.ts';
import type { LongListReader } from './long-list-reader.ts';
import type { OpenFiles } from './open-files.ts';
import type { List, PageReader } from './page-reader.ts';
import type { Row } from './rows.ts';
import type { Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';
import type { StreamReader } from './stream-reader.ts';

/** What pages are read with. */
export interface Pages {
  reader: PageReader;
  /** A soft-deleted user who is still to be purged, or undefined. */
  softDeletedUser: () => number | undefined;
}

export interface ListReaderDependencies {
  pages: OnBoth<Pages>;
  longLists: LongListReader;
  streams: StreamReader;
  files: OpenFiles;
}

/** Reads cheap pages on this thread, long lists in the list thread, and whole lists in the stream thread. */
export class ListReader {
  readonly #session: Session;
  readonly #pages: OnBoth<Pages>;
  readonly #longLists: LongListReader;
  readonly #streams: StreamReader;
  readonly #files: OpenFiles;

  constructor(session: Session, dependencies: ListReaderDependencies) {
    this.#session = session;
    this.#pages = dependencies.pages;
    this.#longLists = dependencies.longLists;
    this.#streams = dependencies.streams;
    this.#files = dependencies.files;
  }

  async read<T, Filter extends object, Field extends string>(
    list: List<T, Filter, Field>,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    const { items, ...page } = await this.#readRows(list, query);
    return { ...page, items: items.map(list.toItem) };
  }

  /** @param name of the list, for the thread. */
  async *stream<Filter extends object, Field extends string>(
    name: StreamedList,
    list: List<unknown, Filter, Field>,
    query: ListQuery<Filter, Field>,
    signal: AbortSignal,
  ): ListStream {
    const { firstPage, all } = wholeList(query);
    const page = await this.#readCheaply(list, firstPage);
    if (page !== undefined && !page.more) {
      if (page.items.length > 0) yield toLines(name, page.items);
      return;
    }
    const { table, updateIndex } = list;
    // The stream thread opens the file by its path.
    this.#files.check();
    let first = true;
    for await (const chunk of this.#streams.read({ list: name, table, updateIndex, query: all }, signal)) {
      if (first) await this.#session.readElsewhereIsOnDisk();
      first = false;
      yield chunk;
    }
  }

  async #readRows<Filter extends object, Field extends string>(
    list: List<unknown, Filter, Field>,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<Row>> {
    const cheap = await this.#readCheaply(list, query);
    if (cheap !== undefined) return cheap;
    const { table, updateIndex } = list;
    // The list thread opens the file by its path.
    this.#files.check();
    const page = await this.#longLists.read({ table, updateIndex, query });
    await this.#session.readElsewhereIsOnDisk();
    return page;
  }

  /** Reads a page on this thread, or returns undefined if it is not cheap. */
  async #readCheaply<Filter extends object, Field extends string>(
    list: List<unknown, Filter, Field>,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<Row> | undefined> {
    const { table, updateIndex } = list;
    if (!isCheap(table, query)) return undefined;
    const request = { table, updateIndex, query };
    return this.#session.read(this.#pages, ({ reader, softDeletedUser }) => {
      if (maySkipRows(list, query) && softDeletedUser() !== undefined) return undefined;
      return reader.scansFewKeys(request) ? reader.read(request) : undefined;
    });
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
