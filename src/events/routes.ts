import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { boundUser } from '../http/authorize.ts';
import { sendTaggedBody } from '../http/conditional.ts';
import { eventsExpired, forbidden, invalidHeader, serviceUnavailable } from '../http/errors.ts';
import { readIntegers } from '../http/list-parameters.ts';
import { EventsRemoved, type Store } from '../storage/store.ts';
import type { Principal } from '../tokens/principal.ts';
import { toEvent, visibleTo } from './event.ts';
import { listEvents } from './operations.ts';
import { DEFAULT_PER_PAGE, EventListSchema, EventParameters } from './schema.ts';
import { streamEvents } from './stream.ts';
import { ChangeWatch } from './watch.ts';

/** How many streams a process sends at a time: each keeps a connection. */
const MAX_STREAMS = 1_000;

export interface EventRoutesOptions {
  store: Store;
  /** Whether the token of a request still lets in. */
  isAuthenticated: (request: FastifyRequest) => Promise<boolean>;
}

/** `/events`: what happened, to sync from or to follow. */
export const eventRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (app, { store, isAuthenticated }) => {
  const watch = new ChangeWatch(store);
  let streams = 0;
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });

  app.get(
    '/events',
    {
      // Which scope is needed depends on the event.
      config: { public: false },
      schema: { ...listEvents, querystring: EventParameters, response: { 200: EventListSchema } },
      preValidation: readIntegers(EventParameters),
    },
    async (request, reply) => {
      const isVisible = visibleTo(request.principal as Principal);
      if (isVisible === undefined) throw forbidden();
      const userId = boundUser(request);
      const { _after = 0, _perPage: limit = DEFAULT_PER_PAGE } = request.query;
      reply.header('vary', 'Accept');

      if (wantsStream(request)) {
        if (streams >= MAX_STREAMS) throw serviceUnavailable();
        const after = lastEventId(request) ?? request.query._after ?? (await store.newestSequence());
        if ((await store.readEvents({ after, limit: 1, userId })) === EventsRemoved) throw eventsExpired();
        // Whoever cannot be asked about is let go: the client connects again.
        const mayGoOn = async () => !closing && (await isAuthenticated(request).catch(() => false));
        const stream = Readable.from(streamEvents({ store, watch, after, userId, isVisible, mayGoOn }));
        streams++;
        stream.once('close', () => streams--);
        // For nginx, which would otherwise collect what it passes on.
        reply.type('text/event-stream').header('x-accel-buffering', 'no');
        return reply.send(stream as never);
      }

      const page = await store.readEvents({ after: _after, limit, userId });
      if (page === EventsRemoved) throw eventsExpired();
      const link = (rel: string, after: number) => `</events?_after=${after}&_perPage=${limit}>; rel="${rel}"`;
      reply.header('link', `${link('next', page.upTo)}, ${link('last', await store.newestSequence())}`);
      return sendTaggedBody(request, reply, { events: page.changes.filter(isVisible).map(toEvent) });
    },
  );
};

/** Whether the client asks for server-sent events. */
function wantsStream({ headers, method }: FastifyRequest): boolean {
  return method === 'GET' && /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i.test(headers.accept ?? '');
}

/** The last event that a client has seen that connects again. */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const text = headers['last-event-id'];
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || !/^(?:0|[1-9][0-9]{0,14})$/.test(text)) {
    throw invalidHeader('Last-Event-ID', 'must be the id of an event');
  }
  return Number(text);
}
