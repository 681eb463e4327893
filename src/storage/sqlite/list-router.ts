import type { Page } from '../../domain/lists.ts';
import type { ListReader } from './list-reader.ts';
import { isCheap, type ListItem, type ListRequest, type Lists } from './lists.ts';
import type { OpenFiles } from './open-files.ts';
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

  async read(request: ListRequest): Promise<Page<ListItem>> {
    const cheap = isCheap(request) && (await this.#session.read(() => this.#skipsFewRows(request)));
    if (cheap) return this.#session.read(() => this.#lists.read(request));
    // The list thread would open the file that is at the path now.
    this.#files.check();
    return this.#listReader.read(request);
  }

  #skipsFewRows(request: ListRequest): boolean {
    if (maySkipRows(request) && this.#softDeletedUser() !== undefined) return false;
    return this.#lists.findsPartsSoon(request);
  }
}

/**
 * Whether any number of rows of soft-deleted users may have to be skipped. A lookup of one user, which every JWT needs,
 * skips none: it must not wait behind long lists.
 */
function maySkipRows(request: ListRequest): boolean {
  if (request.list === 'tasks') return true;
  if (request.list !== 'users') return false;
  const { userId, contactEmailKey } = request.query.filter;
  return userId === undefined && contactEmailKey === undefined;
}
