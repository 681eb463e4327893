import type { Logger } from 'pino';
import type { Store } from '../domain/store.ts';
import type { Reminded } from '../domain/tasks.ts';

/** How often to look whether a task's time has come, in milliseconds. */
const INTERVAL = 1_000;

export interface RemindersOptions {
  /** Knows the time. */
  store: Pick<Store, 'remind'>;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Reminds of tasks when their time has come. Any number of processes may do so on the same database. */
export class Reminders {
  readonly #store: RemindersOptions['store'];
  readonly #logger: RemindersOptions['logger'];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor({ store, logger }: RemindersOptions) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Begins with what was missed, and looks every second from then on. */
  start(): void {
    this.#looking = this.look().then(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), INTERVAL);
    });
  }

  /** Begins nothing more. Fulfilled when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Reminds of everything whose time has come. Never rejected: what fails is tried again with the next look. */
  async look(): Promise<void> {
    const total = { reminded: 0, late: 0, dropped: 0 };
    try {
      for (let more = true; more && !this.#stopped; ) {
        const some = await this.#store.remind();
        add(total, some);
        more = some.more;
      }
      this.#failing = false;
    } catch (err) {
      // A database that is away for an hour is not reported every second.
      if (!this.#failing) this.#logger.warn({ err }, 'tasks are not reminded of: tried again every second');
      this.#failing = true;
    }
    if (total.dropped > 0) this.#logger.warn(total, 'reminders that were missed for more than a day are dropped');
    else if (total.late > 0) this.#logger.info(total, 'reminders that were missed are late');
  }
}

function add(total: Omit<Reminded, 'more'>, { reminded, late, dropped }: Reminded): void {
  total.reminded += reminded;
  total.late += late;
  total.dropped += dropped;
}
