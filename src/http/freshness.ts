import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Freshness } from '../domain/lists.ts';
import type { Store } from '../domain/store.ts';

/** Responses to writes have it; a read that sends it includes these writes. Its value is a position: see `Store.position`. */
export const CONSISTENCY_TOKEN = 'consistency-token';

const POSITION = /^[0-9a-f]{16}$/;

/** The maximum number of tokens whose last write is kept. */
const MAX_CALLERS = 10_000;

/** For a request that requires the current data. */
const CURRENT: Freshness = { maxAgeMs: 0 };

/**
 * Determines how old the data of a read may be, if there are replicas: a token reads what it has written, and the request may
 * limit the age. Must be called after access control is added, and before the routes.
 */
export function addFreshness(app: FastifyInstance, { position }: Pick<Store, 'position'>): void {
  app.decorateRequest('freshness', null);
  if (position === undefined) return;
  const written = new WrittenPositions(position);

  app.addHook('onRequest', (request, _reply, done) => {
    const { method, principal } = request;
    if (principal !== null && (method === 'GET' || method === 'HEAD')) {
      request.freshness = freshnessOf(request, written.of(principal.tokenId));
    }
    done();
  });

  app.addHook('onSend', (request, reply, _payload, done) => {
    const { method, principal } = request;
    // A rejected write may have seen what another process has written: that an address is in use, for example.
    if (principal !== null && method !== 'GET' && method !== 'HEAD' && reply.statusCode < 500) {
      reply.header(CONSISTENCY_TOKEN, written.record(principal.tokenId));
    }
    done();
  });
}

function freshnessOf({ headers }: FastifyRequest, written: string | undefined): Freshness {
  const received = headers[CONSISTENCY_TOKEN];
  if (received !== undefined && !(typeof received === 'string' && POSITION.test(received))) return CURRENT;
  const positions = [received ?? '', written ?? ''].sort();
  return { position: positions[1] || undefined, maxAgeMs: maxAgeMs(headers['cache-control']) };
}

/** The age that `Cache-Control` allows (RFC 9111, section 5.2.1); undefined if it does not limit it. */
function maxAgeMs(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined;
  if (/(?:^|[\s,])no-(?:cache|store)(?:$|[\s,])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** The position of the last write of each token in this process. */
class WrittenPositions {
  readonly #newest: () => string;
  readonly #positions = new Map<number | string, string>();
  /** The position of tokens that are not cached. */
  #others: string | undefined;

  constructor(newest: () => string) {
    this.#newest = newest;
  }

  of(tokenId: number | string): string | undefined {
    return this.#positions.get(tokenId) ?? this.#others;
  }

  /** Call it after a write. Returns the position of the write. */
  record(tokenId: number | string): string {
    const position = this.#newest();
    if (this.#positions.size >= MAX_CALLERS && !this.#positions.has(tokenId)) {
      this.#positions.clear();
      this.#others = position;
    }
    this.#positions.set(tokenId, position);
    return position;
  }
}
