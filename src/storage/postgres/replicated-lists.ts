import type { ListQuery, ListStream, Page } from '../../domain/lists.ts';
import type { StreamedList } from '../sql/json-lines.ts';
import type { ListTable } from '../sql/list-sql.ts';
import type { Row } from './database.ts';
import type { Lists } from './lists.ts';
import type { Replicas } from './replicas.ts';

/** Reads lists from replicas that are fresh enough, and otherwise from the primary. */
export class ReplicatedLists implements Lists {
  readonly #primary: Lists;
  readonly #replicas: Replicas;

  constructor(primary: Lists, replicas: Replicas) {
    this.#primary = primary;
    this.#replicas = replicas;
  }

  async read<T, Filter extends object, Field extends string>(
    table: ListTable<Filter, Field>,
    toItem: (row: Row) => T,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    const chosen = this.#replicas.choose(query.freshness, query.caller);
    const page = await this.#replicas.read(chosen, ({ server }) => server.lists.read(table, toItem, query));
    return page ?? this.#primary.read(table, toItem, query);
  }

  async *stream<Filter extends object, Field extends string>(
    name: StreamedList,
    table: ListTable<Filter, Field>,
    query: ListQuery<Filter, Field>,
    signal: AbortSignal,
  ): ListStream {
    const replica = this.#replicas.choose(query.freshness, query.caller);
    this.#replicas.count(replica);
    if (replica !== undefined) {
      let started = false;
      replica.inFlight++;
      try {
        for await (const chunk of replica.server.lists.stream(name, table, query, signal)) {
          started = true;
          yield chunk;
        }
        return;
      } catch (error) {
        if (!this.#replicas.hasFailed(replica, error) || started || signal.aborted) throw error;
        this.#replicas.count(undefined);
      } finally {
        replica.inFlight--;
      }
    }
    yield* this.#primary.stream(name, table, query, signal);
  }
}
