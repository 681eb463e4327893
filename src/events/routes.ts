import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { insufficientScope } from '../auth/authorize.ts';
import { EventsPruned } from '../domain/changes.ts';
import type { Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { eventsExpired, invalidHeader, rateLimitExceeded, serviceUnavailable } from '../http/errors/api-error.ts';
import { isPreferredToJson, varyByAccept } from '../http/media-types.ts';
import { OpenStreams, STREAM_RETRY_S } from '../http/open-streams.ts';
import type { Rules } from '../http/request.ts';
import { restrictedUserId } from '../http/request.ts';
import { sendTaggedBody } from '../http/resource/etag.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { Turns } from '../http/turns.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { requestFields } from '../tracing/request-trace.ts';
import type { ChangeNotifier } from './change-notifier.ts';
import { EVENT_SCOPES, toEvent, visibleTo } from './event.ts';
import { listEvents } from './operations.ts';
import { DEFAULT_PER_PAGE, EventListSchema, EventParameters } from './schema.ts';
import { streamEvents } from './stream.ts';

const EVENT_STREAM = 'text/event-stream';

/** Larger pages wait for each other, because a page of 1,000 events blocks the event loop for about 5 ms. */
const MAX_SMALL_PAGE = 100;

export interface EventRoutesOptions {
  store: Store;
  notifier: ChangeNotifier;
  /** Whether the token of a request is still valid, with the same user and scopes as when the request was authorized. */
  isUnchanged: (request: FastifyRequest) => Promise<boolean>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Logger;
  /** Reports the number of open streams. */
  metrics?: Metrics | undefined;
}

/** `/events`: a list or a stream of events. */
export const eventRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (app, options) => {
  const { store, notifier, isUnchanged, clock, logger, metrics } = options;
  const largePages = new Turns();
  const streams = new OpenStreams({ name: 'event stream', clock, logger });
  metrics?.addGauge('task_api_event_streams', 'Open event streams', () => streams.size);
  app.addHook('preClose', (done) => {
    streams.close();
    done();
  });

  app.get(
    '/events',
    {
      // The required scope depends on the event.
      config: { public: false, rules: lastEventIdRule },
      schema: { ...listEvents, querystring: EventParameters, response: { 200: EventListSchema } },
      preValidation: readParameters(EventParameters),
      // Avoids matching each event against the variants of its schema.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      const principal = request.principal as Principal;
      const isVisible = visibleTo(principal);
      if (isVisible === undefined) throw insufficientScope(principal, ...EVENT_SCOPES);
      const userId = restrictedUserId(request);
      const freshness = request.freshness ?? undefined;
      const reading = { userId, freshness, caller: principal.tokenId };
      const { _after = 0, _perPage: limit = DEFAULT_PER_PAGE } = request.query;
      varyByAccept(reply);

      if (wantsStream(request)) {
        const isAllowed = () => isUnchanged(request);
        const resumeAfter = lastEventId(request) ?? request.query._after;
        const { tokenId } = principal;
        const signal = streams.open({ response: reply.raw, tokenId, fields: requestFields(request), isAllowed });
        if (signal === 'token') throw rateLimitExceeded(STREAM_RETRY_S);
        if (signal === 'process') throw serviceUnavailable();
        // Libraries for streams send `Cache-Control: no-cache` without being asked.
        const live = { ...reading, freshness: freshness && {} };
        const after = resumeAfter ?? (await store.changes.newest(live.freshness));
        if ((await store.changes.read({ after, limit: 1, ...live })) === EventsPruned) throw eventsExpired();
        const streamed = { store, notifier, after, reading: live, isVisible, isAllowed, signal };
        const stream = Readable.from(streamEvents(streamed));
        // Turns off the buffering of nginx.
        reply.type(EVENT_STREAM).header('x-accel-buffering', 'no');
        return reply.send(stream as never);
      }

      if (limit > MAX_SMALL_PAGE) await largePages.next();
      const page = await store.changes.read({ after: _after, limit, ...reading });
      if (page === EventsPruned) throw eventsExpired();
      const link = (rel: string, after: number) => `</events?_after=${after}&_perPage=${limit}>; rel="${rel}"`;
      reply.header('link', `${link('next', page.upTo)}, ${link('last', page.newest)}`);
      return sendTaggedBody(request, reply, { events: page.changes.filter(isVisible).map(toEvent) });
    },
  );
};

/** Whether the client prefers server-sent events to JSON. */
function wantsStream({ headers, method }: FastifyRequest): boolean {
  return method === 'GET' && isPreferredToJson(headers.accept, EVENT_STREAM);
}

/** The last event that a reconnecting client has received. It has been validated by {@link lastEventIdRule}. */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const text = headers['last-event-id'];
  return text === undefined || text === '' ? undefined : Number(text);
}

const lastEventIdRule: Rules = (request) => {
  if (!wantsStream(request) || /^(?:0|[1-9][0-9]{0,14})?$/.test(String(request.headers['last-event-id'] ?? '')))
    return [];
  return [invalidHeader('Last-Event-ID', 'must be the id of an event')];
};
