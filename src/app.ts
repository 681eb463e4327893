import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { auditRoutes } from './audit/routes.ts';
import { addAccessControl } from './auth/access-control.ts';
import { Authenticator } from './auth/authenticate.ts';
import { FailureLog } from './auth/failure-log.ts';
import type { Config } from './config/config.ts';
import type { Plans } from './config/rate-limits.ts';
import { confirmationPages } from './email/confirmation/pages.ts';
import { emailConfirmationRoutes } from './email/confirmation/routes.ts';
import { ChangeNotifier, notifyOfWrites } from './events/change-notifier.ts';
import { eventRoutes } from './events/routes.ts';
import { RecentLoad, recordLoad } from './health/recent-load.ts';
import { healthRoutes } from './health/routes.ts';
import { statusRoutes } from './health/status.ts';
import { allowOrigins, LOCAL_ORIGINS } from './http/cors.ts';
import { addDeprecationHeaders } from './http/deprecation.ts';
import { handleErrors } from './http/errors/error-handler.ts';
import { OutageLog } from './http/errors/outage-log.ts';
import { checkRules } from './http/errors/request-errors.ts';
import { addFreshness } from './http/freshness.ts';
import { MAX_BODY_BYTES, parseJsonBodies } from './http/json-body.ts';
import { addMissingMethods, collectMethods } from './http/methods.ts';
import { normalizeTarget } from './http/protocol.ts';
import { generateRequestId } from './http/request-id.ts';
import { logRequests } from './http/request-log.ts';
import { measureRequests } from './http/request-metrics.ts';
import { traceRequests } from './http/request-spans.ts';
import { AJV_OPTIONS } from './http/resource/ajv.ts';
import { ListStreams } from './http/resource/list-stream.ts';
import { buildSerializer } from './http/serializer.ts';
import { HttpServer } from './http/server.ts';
import { buildValidator } from './http/validator.ts';
import {
  type Limiter,
  MAX_ADDRESSES,
  RateLimiter,
  SharedRateLimiter,
  type SharedWindows,
  type WindowMap,
  type Windows,
} from './rate-limit/rate-limiter.ts';
import { RateLimits } from './rate-limit/rate-limits.ts';
import './http/request.ts';
import type { JwtVerifier } from './auth/jwt-verifier.ts';
import { DEVELOPMENT_PLAN, TokenVerifier } from './auth/token-verifier.ts';
import type { ChangeChannel } from './domain/change-channel.ts';
import type { Store } from './domain/store.ts';
import { mcpRoutes } from './mcp/routes.ts';
import type { Metrics } from './metrics/metrics.ts';
import { collectRoutes, openApiRoutes } from './openapi/routes.ts';
import { consoleRoutes } from './pages/console.ts';
import { pageRoutes } from './pages/routes.ts';
import { API_RESOURCES } from './resources.ts';
import { tokenRoutes } from './tokens/routes.ts';
import type { Tracing } from './tracing/tracing.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import type { SecretBox } from './webhooks/secret-box.ts';

export interface AppOptions {
  config: Pick<Config, 'plans' | 'jwt' | 'email' | 'trustProxy' | 'corsOrigins' | 'userEmailChanges' | 'logAddresses'>;
  store: Store;
  logger: Logger;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Rate limits shared with other processes; undefined if this process counts by itself. */
  sharedWindows?: SharedWindows | undefined;
  /** Leads to the other processes that share the database; undefined if there are none. */
  changeChannel?: ChangeChannel | undefined;
  /** Development mode: accepts the development token, and allows CORS from this machine. */
  acceptDevelopmentToken: boolean;
  /** Whether webhooks may have private addresses. */
  allowPrivateWebhooks: boolean;
  /** Encrypts the secrets of webhooks; undefined if there is no key, so that webhooks cannot be created. */
  secretBox?: SecretBox | undefined;
  /** Records requests, rejections and open streams; undefined if metrics are disabled. */
  metrics?: Metrics | undefined;
  /** Records a span for each request; undefined if no SDK of OpenTelemetry is loaded. */
  tracing?: Tracing | undefined;
}

/**
 * Fastify creates a child logger for every request. They are not used here, so `child` returns the logger itself. A
 * `childLoggerFactory` that does so would be slower, because Fastify validates its result with every request.
 */
function withoutChildren(logger: Logger): FastifyBaseLogger {
  return Object.create(logger, {
    child: {
      value() {
        return this;
      },
    },
  });
}

/** Builds the HTTP server; it does not listen yet. Hooks run in the order in which they are added here. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, store, logger, clock, sharedWindows, acceptDevelopmentToken, allowPrivateWebhooks, secretBox } =
    options;
  const { metrics, tracing } = options;
  const app: FastifyInstance = fastify({
    serverFactory: (listener) => new HttpServer(listener, logger),
    // HttpServer handles these errors. The default handler logs the packet, with its token, at level trace.
    clientErrorHandler: () => undefined,
    rewriteUrl: (request) => normalizeTarget(request.url as string),
    routerOptions: { maxParamLength: Number.MAX_SAFE_INTEGER },
    genReqId: generateRequestId,
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 && [...config.trustProxy],
    bodyLimit: MAX_BODY_BYTES,
    return503OnClosing: false,
    loggerInstance: withoutChildren(logger),
    logController: new LogController({ disableRequestLogging: true }),
    ajv: AJV_OPTIONS,
    schemaController: { compilersFactory: { buildSerializer, buildValidator } },
  });

  const outages = new OutageLog({ store, logger, clock });
  app.addHook('onClose', async () => outages.close());
  handleErrors(app, logger, outages);
  logRequests(app, logger);
  if (tracing !== undefined) traceRequests(app, tracing);
  if (metrics !== undefined) measureRequests(app, metrics.requests);
  const load = new RecentLoad(clock);
  recordLoad(app, load);
  const notifier = new ChangeNotifier(store, options.changeChannel);
  notifyOfWrites(app, notifier);
  const origins = acceptDevelopmentToken ? [...config.corsOrigins, LOCAL_ORIGINS] : config.corsOrigins;
  if (origins.length > 0) await allowOrigins(app, origins);
  addDeprecationHeaders(app);
  const methods = collectMethods(app);
  const routes = collectRoutes(app);
  const requireConfirmedEmail = config.email?.confirmEmail ?? false;
  let jwtVerifier: JwtVerifier | undefined;
  if (config.jwt !== undefined) {
    // Imported when it is needed, because its library takes memory.
    const { JwtVerifier } = await import('./auth/jwt-verifier.ts');
    jwtVerifier = new JwtVerifier({ config: config.jwt, store, requireConfirmedEmail, clock, logger });
  }
  const verifier = new TokenVerifier({ store, clock, logger, acceptDevelopmentToken, jwtVerifier });
  const limiter = (name: string, windows?: WindowMap): Limiter => {
    const local = new RateLimiter(clock, windows);
    return sharedWindows === undefined ? local : new SharedRateLimiter(name, sharedWindows, local, clock);
  };
  // With `max`, the cache would allocate 3 MB at once.
  const addresses = new LRUCache<string | number, Windows>({ maxSize: MAX_ADDRESSES, sizeCalculation: () => 1 });
  const failureLog = new FailureLog({ logger, clock, addresses: config.logAddresses });
  app.addHook('onClose', async () => failureLog.flush());
  const authenticator = new Authenticator(verifier, limiter('address', addresses), failureLog, clock);
  const plans: Plans = acceptDevelopmentToken ? new Map([DEVELOPMENT_PLAN, ...config.plans]) : config.plans;
  addAccessControl(app, {
    authenticator,
    limits: new RateLimits(plans, limiter('token'), clock, metrics?.rateLimited),
  });
  addFreshness(app, store);
  parseJsonBodies(app);
  checkRules(app);

  const isUnchanged = (request: FastifyRequest) => authenticator.isUnchanged(request);
  const listStreams = new ListStreams({ isUnchanged, clock, logger });
  app.addHook('preClose', (done) => {
    listStreams.close();
    done();
  });
  const resourceOptions = { store, clock, verifier, listStreams, userEmailChanges: config.userEmailChanges };
  for (const resource of API_RESOURCES) await app.register(resource.routes, resourceOptions);
  // If confirmation is disabled, its routes do not exist.
  if (config.email?.confirmEmail) {
    await app.register(emailConfirmationRoutes, { store, clock });
    await app.register(confirmationPages, { store });
  }
  await app.register(eventRoutes, { store, notifier, isUnchanged, clock, logger, metrics });
  await app.register(webhookRoutes, { store, secretBox, clock, allowPrivate: allowPrivateWebhooks });
  await app.register(tokenRoutes, { store, plans: config.plans, verifier, clock });
  await app.register(auditRoutes, { store });
  await app.register(mcpRoutes, { issuer: config.jwt?.issuer, origins, logger });
  await app.register(healthRoutes, { store });
  await app.register(statusRoutes, { store, load, clock });
  await app.register(openApiRoutes, { routes });
  await app.register(pageRoutes);
  await app.register(consoleRoutes, { acceptDevelopmentToken });
  addMissingMethods(app, methods);
  return app;
}
