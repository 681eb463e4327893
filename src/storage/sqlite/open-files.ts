import { realpathSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../../domain/outcomes.ts';

/**
 * Notices when the database's file or its write-ahead log is deleted, or another file is put in its place, while SQLite
 * has it open. SQLite goes on writing into the file that no path leads to: nothing of that would be found again.
 */
export class OpenFiles {
  readonly #logger: Pick<Logger, 'error' | 'info'> | undefined;
  readonly #opened: Map<string, string | undefined>;
  #moved: StoreUnavailable | undefined;

  /** @param file the database, which SQLite has just opened and read: then the log is there, too. */
  constructor(file: string, logger?: Pick<Logger, 'error' | 'info'>) {
    this.#logger = logger;
    // SQLite puts the log beside the file itself, not beside a link to it.
    this.#opened = new Map([file, `${realpathSync(file)}-wal`].map((path) => [path, identify(path)]));
  }

  /**
   * Compares the files at the paths with those that were opened. Costs 3 µs: the system has both names in memory, since
   * they were just used. Not asynchronously, so that a write that was committed before this is known to be at the path.
   *
   * @throws StoreUnavailable if one is gone or another one.
   */
  check(): void {
    const path = [...this.#opened.keys()].find((name) => identify(name) !== this.#opened.get(name));
    if (path === undefined) {
      if (this.#moved !== undefined) this.#logger?.info('the database file is at its path again');
      this.#moved = undefined;
      return;
    }
    if (this.#moved === undefined) {
      this.#moved = new StoreUnavailable(`SQLite: ${path} was deleted or replaced while it was open`);
      this.#logger?.error(
        { file: path },
        'the database file was deleted or replaced: every request gets 503; put it back, or restore it and restart',
      );
    }
    throw this.#moved;
  }

  /**
   * As {@link check}, but only after that has failed: otherwise it costs nothing.
   *
   * @throws StoreUnavailable as {@link check}.
   */
  checkAgain(): void {
    if (this.#moved !== undefined) this.check();
  }

  /** Whether the last check failed. */
  get moved(): boolean {
    return this.#moved !== undefined;
  }
}

/** What tells one file from another, or undefined if there is none. */
function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
