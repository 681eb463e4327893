import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { lacksScope } from '../auth/authorize.ts';
import { EventsPruned } from '../domain/changes.ts';
import type { Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { eventsExpired, invalidHeader, rateLimitExceeded, serviceUnavailable } from '../http/errors/api-error.ts';
import type { Rules } from '../http/request.ts';
import { boundUser } from '../http/request.ts';
import { sendTaggedBody } from '../http/resource/etag.ts';
import { readIntegers } from '../http/resource/list-parameters.ts';
import { Turns } from '../http/turns.ts';
import { toEvent, visibleTo } from './event.ts';
import { OpenStreams } from './open-streams.ts';
import { listEvents } from './operations.ts';
import { DEFAULT_PER_PAGE, EventListSchema, EventParameters } from './schema.ts';
import { streamEvents } from './stream.ts';
import { ChangeWatch } from './watch.ts';

/** Up to how many events a page takes little time: 1,000 keep a processor busy for some 5 ms. */
const SMALL_PAGE = 100;

/** When a token that has as many streams as it may is to try again. */
const STREAM_RETRY_S = 10;

export interface EventRoutesOptions {
  store: Store;
  /** Whether the token of a request still acts for the same user with the same scopes as when it was let in. */
  isUnchanged: (request: FastifyRequest) => Promise<boolean>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Logger;
}

/** `/events`: what happened, to sync from or to follow. */
export const eventRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (app, options) => {
  const { store, isUnchanged, clock, logger } = options;
  const watch = new ChangeWatch(store);
  const largePages = new Turns();
  const streams = new OpenStreams({ clock, logger });
  app.addHook('preClose', (done) => {
    streams.close();
    done();
  });

  app.get(
    '/events',
    {
      // Which scope is needed depends on the event.
      config: { public: false, rules: lastEventIdRule },
      schema: { ...listEvents, querystring: EventParameters, response: { 200: EventListSchema } },
      preValidation: readIntegers(EventParameters),
      // Which variant of the schema an event is need not be found out: it is written as it is.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      const principal = request.principal as Principal;
      const isVisible = visibleTo(principal);
      if (isVisible === undefined) throw lacksScope(principal, 'users:read', 'tasks:read');
      const userId = boundUser(request);
      const { _after = 0, _perPage: limit = DEFAULT_PER_PAGE } = request.query;
      reply.header('vary', 'Accept');

      if (wantsStream(request)) {
        const isAllowed = () => isUnchanged(request);
        const begin = lastEventId(request) ?? request.query._after;
        const { tokenId } = principal;
        const signal = streams.open({ response: reply.raw, tokenId, requestId: request.id, isAllowed });
        if (signal === 'token') throw rateLimitExceeded(STREAM_RETRY_S);
        if (signal === 'process') throw serviceUnavailable();
        const after = begin ?? (await store.changes.newest());
        if ((await store.changes.read({ after, limit: 1, userId })) === EventsPruned) throw eventsExpired();
        const stream = Readable.from(streamEvents({ store, watch, after, userId, isVisible, isAllowed, signal }));
        // For nginx, which would otherwise collect what it passes on.
        reply.type('text/event-stream').header('x-accel-buffering', 'no');
        return reply.send(stream as never);
      }

      if (limit > SMALL_PAGE) await largePages.next();
      const page = await store.changes.read({ after: _after, limit, userId });
      if (page === EventsPruned) throw eventsExpired();
      const link = (rel: string, after: number) => `</events?_after=${after}&_perPage=${limit}>; rel="${rel}"`;
      reply.header('link', `${link('next', page.upTo)}, ${link('last', await store.changes.newest())}`);
      return sendTaggedBody(request, reply, { events: page.changes.filter(isVisible).map(toEvent) });
    },
  );
};

/** Whether the client asks for server-sent events. */
function wantsStream({ headers, method }: FastifyRequest): boolean {
  return method === 'GET' && /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i.test(headers.accept ?? '');
}

/** The last event that a client has seen that connects again: what {@link lastEventIdRule} accepts. */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const text = headers['last-event-id'];
  return text === undefined || text === '' ? undefined : Number(text);
}

const lastEventIdRule: Rules = (request) => {
  if (!wantsStream(request) || /^(?:0|[1-9][0-9]{0,14})?$/.test(String(request.headers['last-event-id'] ?? '')))
    return [];
  return [invalidHeader('Last-Event-ID', 'must be the id of an event')];
};
