import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import pino, { type Logger } from 'pino';
import { buildApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { LogLevel } from '../../src/config/logging.ts';
import type { SettingName } from '../../src/config/settings.ts';
import type { ChangeChannel } from '../../src/domain/change-channel.ts';
import type { Store } from '../../src/domain/store.ts';
import type { SharedWindows } from '../../src/rate-limit/rate-limiter.ts';
import type { SqliteStoreOptions } from '../../src/storage/sqlite/sqlite-store.ts';
import { issueToken, type TokenRequest } from '../../src/tokens/issue.ts';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { ACTOR, created } from './created.ts';
import { type ExistingDatabase, newDatabase } from './stores.ts';
import { recordInjected } from './transcript.ts';

/** The key that encrypts the secrets of webhooks. */
export const TEST_KEY = Buffer.alloc(32, 7);

/** A clock that stands still until the test changes it. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  now: number;
}

export interface TestApp {
  app: FastifyInstance;
  store: Store;
  clock: TestClock;
  /** The database file, on SQLite. */
  file: string;
  /** In the format of `DATABASE_URL`. */
  databaseUrl: string;
  /** The same without PgBouncer, if the tests run through it. */
  directUrl: string;
  /** Sends a statement to the database, bypassing the store. */
  sql: (statement: string) => Promise<void>;
  /** The log lines so far, parsed. */
  log: Record<string, unknown>[];
  /** Issues a token and returns its text. By default an administrator's, of the unlimited plan. */
  token: (request?: Partial<TokenRequest>) => Promise<string>;
  /** Sends a request with a token: by default an administrator's, of the unlimited plan. */
  request: (options: InjectOptions & { token?: string }) => Promise<LightMyRequestResponse>;
  /** Sends a value as JSON. A string is sent unchanged. */
  post: (url: string, payload: unknown, token?: string) => Promise<LightMyRequestResponse>;
  patch: (url: string, payload: unknown, token?: string) => Promise<LightMyRequestResponse>;
}

export interface TestAppOptions {
  /** In the format of command-line flags. */
  settings?: Partial<Record<SettingName, string>>;
  plans?: string;
  acceptDevelopmentToken?: boolean;
  allowPrivateWebhooks?: boolean;
  /** The minimum log level. `info` by default. */
  logLevel?: LogLevel;
  store?: Partial<SqliteStoreOptions>;
  /** Whether `SECRET_KEY` is absent. */
  withoutSecretKey?: boolean;
  /** A database to use instead of a new one. */
  database?: ExistingDatabase;
  /** Creates the shared windows of rate limits, with the application's logger. */
  sharedWindows?: (logger: Logger) => SharedWindows;
  /** Creates the channel to other applications on the same database, from its URL without PgBouncer. */
  changeChannel?: (directUrl: string) => ChangeChannel;
}

/** A complete application on a new database, with a test clock. It is closed when the test ends. */
export async function testApp(t: TestContext, options: TestAppOptions = {}): Promise<TestApp> {
  const clock: TestClock = { now: Date.parse('2026-03-01T12:00:00Z') };
  const log: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      log.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  let close = async (): Promise<void> => undefined;
  // Hooks run in the order of their registration: close the application before its store.
  t.after(() => close());
  const { file, databaseUrl, directUrl, open, sql } = await newDatabase(t, () => clock.now, options.database);
  const store = open(options.store);
  const logger = pino({ level: options.logLevel ?? 'info' }, sink);
  const app = await buildApp({
    config: loadConfig({ ...(options.plans !== undefined && { plans: options.plans }), ...options.settings }, {}),
    store,
    logger,
    sharedWindows: options.sharedWindows?.(logger),
    changeChannel: options.changeChannel?.(directUrl),
    clock: () => clock.now,
    acceptDevelopmentToken: options.acceptDevelopmentToken ?? false,
    allowPrivateWebhooks: options.allowPrivateWebhooks ?? false,
    secretBox: options.withoutSecretKey ? undefined : new SecretBox(TEST_KEY),
  });
  close = () => app.close();
  recordInjected(app);

  const token: TestApp['token'] = async (request = {}) => {
    const whole = { name: 'test', scopes: ['admin' as const], plan: 'unlimited', userId: null, expiresAt: null };
    const issued = created(await issueToken(store, { ...whole, ...request }, ACTOR, clock.now));
    return issued.text as string;
  };
  let admin: Promise<string> | undefined;
  const request: TestApp['request'] = async ({ token: text, headers, ...rest }) => {
    // Concurrent requests share one token.
    admin ??= token();
    const own = await admin;
    return app.inject({ ...rest, headers: { authorization: `Bearer ${text ?? own}`, ...headers } });
  };
  const send = (method: 'POST' | 'PATCH') => (url: string, payload: unknown, text?: string) =>
    request({
      method,
      url,
      headers: { 'content-type': 'application/json' },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      ...(text !== undefined && { token: text }),
    });
  return {
    app,
    store,
    clock,
    file,
    databaseUrl,
    directUrl,
    sql,
    log,
    token,
    request,
    post: send('POST'),
    patch: send('PATCH'),
  };
}
