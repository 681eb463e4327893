import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { buildApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { describeDatabase, directUrlOf } from '../config/database.ts';
import type { EmailConfig } from '../config/email.ts';
import type { ChangeChannel } from '../domain/change-channel.ts';
import { isActive } from '../domain/tokens.ts';
import { EmailDispatcher } from '../email/dispatcher.ts';
import type { EmailTransport } from '../email/smtp.ts';
import { PrimaryChannel } from '../events/primary-channel.ts';
import { isPublicAddress } from '../formats/public-address.ts';
import { HttpServer } from '../http/server.ts';
import { createLogger, flushLog } from '../logger.ts';
import { PrimaryWindows } from '../rate-limit/primary-windows.ts';
import type { SharedWindows } from '../rate-limit/rate-limiter.ts';
import { exposedFiles } from '../storage/sqlite/exposed-files.ts';
import { allTokens } from '../tokens/all-tokens.ts';
import { WebhookDispatcher } from '../webhooks/dispatcher.ts';
import { readOrCreateKey } from '../webhooks/key-file.ts';
import { SecretBox } from '../webhooks/secret-box.ts';
import { createWebhookTransport } from '../webhooks/transport.ts';
import type { Poller } from '../workers/poller.ts';
import { Reminders } from '../workers/reminders.ts';
import { createRetentionJob } from '../workers/retention.ts';
import { listenOn } from './listen.ts';
import { onStopSignal, type StopReason } from './on-stop-signal.ts';
import { openStore } from './open-store.ts';
import { createScheduledBackups } from './scheduled-backups.ts';
import { createMetrics, serveMetrics } from './start-metrics.ts';
import { startTracing } from './start-tracing.ts';

// The modules of Redis and SMTP are imported when they are needed, because their libraries take 8 MB of memory.

/** How long after the signal connections that are still busy are closed. */
const DRAIN_TIMEOUT_MS = 8_000;
/** The same after an unexpected error, such as a failed sync, after which nothing else can be served. */
const ERROR_DRAIN_TIMEOUT_MS = 2_000;

export interface RunningServer {
  port: number;
  /** Whether any token is active. */
  hasTokens: boolean;
  /** Accepts no more connections, finishes requests in flight, and closes the store. */
  stop: (reason: StopReason) => Promise<void>;
}

/**
 * Opens the store and serves until SIGTERM or SIGINT. Then the server stops and the process exits with 0.
 *
 * @param development whether to accept the development token, and by default webhooks to private addresses.
 */
export async function runServer(config: Config, development: boolean): Promise<RunningServer> {
  const server = await startService(config, development);
  onStopSignal(server.stop);
  return server;
}

/** Opens the store and serves. A process can have several servers, with different databases. Parameters as {@link runServer}. */
export async function startService(config: Config, development: boolean): Promise<RunningServer> {
  const metrics = await createMetrics(config);
  const logger = await createLogger(config.logLevel, metrics);
  const clock = Date.now;
  const tracing = await startTracing(logger);
  const store = await openStore(config.database, clock, logger, metrics, tracing);
  if (config.database.engine === 'sqlite') {
    for (const exposed of exposedFiles(config.database.file)) {
      logger.warn(exposed, 'other users of this machine can read or write a database file; run chmod 600 on it');
    }
  }
  const sharedWindows = await createSharedWindows(config, logger);
  const emailTransport = config.email && (await createEmailTransport(config.email));
  const key = config.secretKey ?? (development ? developmentKey(config) : undefined);
  const secretBox = key && new SecretBox(key);
  if (secretBox === undefined) logger.info('SECRET_KEY is not set; webhooks are disabled');
  const allowPrivateWebhooks = config.webhookAllowPrivate ?? development;
  const changeChannel = await createChangeChannel(config, logger);
  const app = await buildApp({
    ...{ config, store, logger, clock, sharedWindows, changeChannel, metrics, tracing },
    ...{ allowPrivateWebhooks, secretBox, acceptDevelopmentToken: development },
  });
  await app.ready();
  let hasTokens = false;
  for await (const token of allTokens(store)) {
    if (!isActive(token, clock())) continue;
    hasTokens = true;
    const { tokenId, plan } = token;
    if (!config.plans.has(plan)) logger.warn({ tokenId, plan }, 'token has an unknown plan; using basic');
  }
  let servers: HttpServer[];
  let backups: Poller | undefined;
  try {
    backups = createScheduledBackups(config, { store, logger, clock, allowPrivate: allowPrivateWebhooks, metrics });
    // Fastify created the first server. A second address needs a server of its own, with the same routes.
    const made = [app.server as HttpServer];
    if (metrics !== undefined) await serveMetrics(config, metrics, logger);
    servers = await listenOn(config.host, config.port, () => made.pop() ?? new HttpServer(app.routing, logger));
  } catch (error) {
    sharedWindows?.close();
    await changeChannel?.close();
    await store.close();
    throw error;
  }

  const transport = createWebhookTransport({
    isAllowed: (address) => allowPrivateWebhooks || isPublicAddress(address),
  });
  const webhookDispatcher =
    secretBox && new WebhookDispatcher({ store, secretBox, transport, clock, logger, metrics, tracing });
  webhookDispatcher?.start();
  const retention = createRetentionJob({ store, changesKeptDays: config.changesKeptDays, clock, logger });
  retention.start();
  const reminders = new Reminders({ store, logger, metrics });
  reminders.start();
  const { email } = config;
  const emails =
    email &&
    emailTransport &&
    new EmailDispatcher({ store, config: email, transport: emailTransport, clock, logger, metrics, tracing });
  emails?.start();
  backups?.start();
  const stop = async (reason: StopReason) => {
    if ('signal' in reason) logger.info(reason, 'stopping');
    else logger.fatal({ err: reason.error }, 'stopping after an unexpected error');
    const drainTimeoutMs = 'signal' in reason ? DRAIN_TIMEOUT_MS : ERROR_DRAIN_TIMEOUT_MS;
    await Promise.all([
      reminders.stop(),
      emails?.stop(),
      retention.stop(),
      backups?.stop(),
      webhookDispatcher?.stop(),
      app.close(),
      ...servers.map((server) => server.drain(drainTimeoutMs)),
    ]);
    sharedWindows?.close();
    await changeChannel?.close();
    await store.close();
    await tracing?.flush();
    logger.info('stopped');
    await flushLog(logger);
  };

  const { port } = app.server.address() as AddressInfo;
  logger.info({ host: config.host, port, database: describeDatabase(config.database) }, 'listening');
  return { port, hasTokens, stop };
}

async function createSharedWindows(
  { redisUrl }: Config,
  logger: Logger,
): Promise<(SharedWindows & { close: () => void }) | undefined> {
  if (redisUrl === undefined) return cluster.isWorker ? new PrimaryWindows(process, logger) : undefined;
  const { RedisRateWindows } = await import('../rate-limit/redis-windows.ts');
  return new RedisRateWindows(redisUrl, logger);
}

/** The way to the other processes that share the database. */
async function createChangeChannel({ database }: Config, logger: Logger): Promise<ChangeChannel | undefined> {
  if (database.engine === 'sqlite') return cluster.isWorker ? new PrimaryChannel(process) : undefined;
  const { PostgresChangeChannel } = await import('../storage/postgres/change-channel.ts');
  return new PostgresChangeChannel({ url: directUrlOf(database), logger });
}

async function createEmailTransport(config: EmailConfig): Promise<EmailTransport> {
  const smtp = await import('../email/smtp.ts');
  return smtp.createEmailTransport(config);
}

/** Development mode generates a key beside the database file, so that webhooks work without configuration. */
function developmentKey({ database }: Config): Uint8Array | undefined {
  return database.engine === 'sqlite' ? readOrCreateKey(`${database.file}.key`) : undefined;
}
