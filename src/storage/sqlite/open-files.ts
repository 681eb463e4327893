import { realpathSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../../domain/outcomes.ts';

/**
 * Detects that the database file or its write-ahead log was deleted or replaced while SQLite has it open. SQLite would
 * continue to write to a file without a path, and the data would be lost.
 */
export class OpenFiles {
  readonly #logger: Pick<Logger, 'error' | 'info'> | undefined;
  readonly #opened: Map<string, string | undefined>;
  /** The path of the write-ahead log. */
  readonly log: string;
  #moved: StoreUnavailable | undefined;

  /** @param file the database, which SQLite must have opened and read, so that the write-ahead log exists. */
  constructor(file: string, logger?: Pick<Logger, 'error' | 'info'>) {
    this.#logger = logger;
    // If the path is a link, the log is next to the link's target.
    this.log = `${realpathSync(file)}-wal`;
    this.#opened = new Map([file, this.log].map((path) => [path, identify(path)]));
  }

  /**
   * Compares the files at the paths with those that were opened. It is synchronous, so that a write that was committed
   * before the check is known to be in the file at the path. It takes 3 µs, because both names are in the system's cache.
   *
   * @throws StoreUnavailable if a file was deleted or replaced.
   */
  check(): void {
    const path = [...this.#opened.keys()].find((name) => identify(name) !== this.#opened.get(name));
    if (path === undefined) {
      if (this.#moved !== undefined) this.#logger?.info('database file is at its path again');
      this.#moved = undefined;
      return;
    }
    if (this.#moved === undefined) {
      this.#moved = new StoreUnavailable(`SQLite: ${path} was deleted or replaced while it was open`);
      this.#logger?.error(
        { file: path },
        'database file was deleted or replaced; all requests fail with 503 until it is put back, or restored and the service restarted',
      );
    }
    throw this.#moved;
  }

  /**
   * As {@link check}, if the last check failed; otherwise does nothing.
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

/** Identifies the file at a path, or undefined if there is none. */
function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
