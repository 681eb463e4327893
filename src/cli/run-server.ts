import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { type Config, describeDatabase } from '../config.ts';
import { keepHouse } from '../housekeeping.ts';
import { createHttpServer } from '../http/server.ts';
import { createLogger, flushLog } from '../logger.ts';
import { MailSender } from '../mail/sender.ts';
import { openSmtp } from '../mail/smtp.ts';
import { RedisRateWindows } from '../redis/rate-windows.ts';
import { Reminders } from '../reminders/reminders.ts';
import { allTokens } from '../tokens/all-tokens.ts';
import { isActive } from '../tokens/verifier.ts';
import { listenOn } from './listen.ts';
import { onStopSignal } from './on-stop-signal.ts';
import { openStore } from './open-store.ts';

/** When connections that are still busy are cut, in milliseconds after the signal. */
const DRAIN_TIMEOUT = 8_000;

export interface RunningServer {
  port: number;
  /** Whether any token is active. */
  hasTokens: boolean;
}

/**
 * Opens the store, serves until SIGTERM or SIGINT, then stops accepting, finishes what is in flight, closes the store
 * and exits with 0. A second signal exits at once.
 */
export async function runServer(config: Config, acceptDevelopmentToken: boolean): Promise<RunningServer> {
  const logger = createLogger(config.logLevel);
  const clock = Date.now;
  const store = await openStore(config.database, clock, logger);
  const sharedWindows = config.redisUrl === undefined ? undefined : new RedisRateWindows(config.redisUrl, logger);
  const app = await buildApp({ config, store, logger, clock, sharedWindows, acceptDevelopmentToken });
  await app.ready();
  let hasTokens = false;
  for await (const token of allTokens(store)) {
    if (!isActive(token, clock())) continue;
    hasTokens = true;
    const { tokenId, plan } = token;
    if (!config.plans.has(plan))
      logger.warn({ tokenId, plan }, 'this plan is not configured: the token has the basic one');
  }
  let servers: Server[];
  try {
    // Fastify made the first server; the second address gets one of its own that leads to the same routes.
    const made = [app.server];
    servers = await listenOn(config.host, config.port, () => made.pop() ?? createHttpServer(app.routing));
  } catch (error) {
    sharedWindows?.close();
    await store.close();
    throw error;
  }

  const endHousekeeping = keepHouse({ store, changesKeptDays: config.changesKeptDays, clock, logger });
  const reminders = new Reminders({ store, logger });
  reminders.start();
  const { mail } = config;
  const mailSender = mail && new MailSender({ store, config: mail, transport: openSmtp(mail), clock, logger });
  mailSender?.start();
  onStopSignal(async (reason) => {
    if ('signal' in reason) logger.info(reason, 'stopping');
    else logger.fatal({ err: reason.error }, 'stopping after an unexpected error');
    endHousekeeping();
    await Promise.all([reminders.stop(), mailSender?.stop(), stop(app, servers)]);
    sharedWindows?.close();
    await store.close();
    logger.info('stopped');
    await flushLog(logger);
  });

  const { port } = app.server.address() as AddressInfo;
  logger.info({ host: config.host, port, database: describeDatabase(config.database) }, 'listening');
  return { port, hasTokens };
}

async function stop(app: FastifyInstance, servers: Server[]): Promise<void> {
  // A connection becomes idle, and so closable, when its last answer is out.
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 50);
  const cut = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, DRAIN_TIMEOUT);
  await Promise.all([app.close(), ...servers.map(closed)]);
  clearInterval(sweep);
  clearTimeout(cut);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
