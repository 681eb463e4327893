import type { Store } from '../domain/store.ts';
import { errorType, type Tracing } from './tracing.ts';

export type DatabaseSystem = 'sqlite' | 'postgresql';

type Method = (...args: unknown[]) => unknown;

/**
 * The store, with a span for each call of a repository inside a span that is recorded. The calls of background work, most of
 * which find nothing to do, are outside. So are streamed lists, which take as long as their response.
 */
export function traceStore(store: Store, system: DatabaseSystem, tracing: Tracing): Store {
  const repositories = Object.entries(store).filter(([, value]) => typeof value === 'object');
  const traced = repositories.map(([name, repository]) => [name, traceRepository(name, repository, system, tracing)]);
  return { ...store, ...Object.fromEntries(traced) };
}

function traceRepository(name: string, repository: object, system: DatabaseSystem, tracing: Tracing): object {
  const methods = new Map<string | symbol, Method>();
  return new Proxy(repository, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key, target);
      if (typeof method !== 'function') return method;
      let traced = methods.get(key);
      if (traced === undefined) {
        traced = traceMethod(method.bind(target), `${String(key)} ${name}`, {
          'db.system.name': system,
          'db.collection.name': name,
          'db.operation.name': String(key),
        });
        methods.set(key, traced);
      }
      return traced;
    },
  });

  function traceMethod(method: Method, spanName: string, attributes: Record<string, string>): Method {
    if (attributes['db.operation.name'] === 'stream') return method;
    return (...args) => {
      const span = tracing.startChild(system === 'sqlite' ? 'INTERNAL' : 'CLIENT', spanName, attributes);
      if (span === undefined) return method(...args);
      const result = tracing.with(span, () => method(...args)) as Promise<unknown>;
      result.then(
        () => span.end(),
        (error) => {
          tracing.fail(span, errorType(error));
          span.end();
        },
      );
      return result;
    };
  }
}
