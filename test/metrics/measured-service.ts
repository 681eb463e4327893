import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import { type MovableClock, movableClock } from '../support/movable-clock.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { sampleOf, scrape } from './scrape.ts';

const MINUTE_MS = 60_000;

/** A server process with metrics and everything that they measure. */
export interface MeasuredService {
  server: ServerProcess;
  clock: MovableClock;
  smtp: TestSmtpServer;
  /** Set by a test: the status with which the receiver of the webhook responds. */
  receiver: { url: string; status: number };
  send: (method: string, path: string, body?: object, token?: string) => Promise<Response>;
  /** Sends a request that must succeed. */
  succeed: (method: string, path: string, body?: object) => Promise<Record<string, never>>;
  /** Creates a user with an address of its own. */
  createUser: () => Promise<number>;
  /** Creates a task whose reminder is due in that many minutes of the server's clock; at once if 0. */
  createTask: (reminderInMinutes: number) => Promise<number>;
  /** The value of a sample now; NaN if there is none. */
  value: (name: string, ...labels: string[]) => Promise<number>;
  /** Waits until a sample has such a value, and returns it. */
  until: (isReached: (value: number) => boolean, name: string, ...labels: string[]) => Promise<number>;
}

/**
 * Starts the service, with the plan `tiny` of two requests a minute. It stops when the test ends.
 *
 * @param more further arguments of the command.
 */
export async function startMeasured(
  t: Pick<TestContext, 'after'>,
  databaseUrl: string,
  more: string[] = [],
): Promise<MeasuredService> {
  const smtp = await startSmtpServer(t);
  const receiver = { url: '', status: 204 };
  receiver.url = (await startReceiver(t, () => receiver.status)).url;
  const clock = movableClock(join(tempFolder(t), 'clock'));
  const args = [
    ...['--metrics-port', '0', '--secret-key', Buffer.alloc(32, 7).toString('base64'), '--plans', 'tiny=2/1000'],
    ...['--smtp-url', smtp.url, '--email-from', 'tasks@example.com', '--public-url', 'http://localhost:3000'],
    ...more,
  ];
  const server = await startServer({ databaseUrl, args, wrap: clock.wrap });
  t.after(() => server.process.kill('SIGKILL'));

  const send: MeasuredService['send'] = (method, path, body, token = DEVELOPMENT_TOKEN) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return fetch(server.url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  };
  const succeed: MeasuredService['succeed'] = async (method, path, body) => {
    const response = await send(method, path, body);
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  let users = 0;
  const createUser = async () => {
    const contactEmail = `user${users++}@example.com`;
    const created = await succeed('POST', '/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail });
    return created.userId as unknown as number;
  };
  const createTask = async (reminderInMinutes: number) => {
    const userId = await createUser();
    // An hour before it is due. Without minutes to wait, the time of the reminder has passed already.
    const warningOffset = reminderInMinutes === 0 ? 120 : 60;
    const dueDate = new Date(clock.now() + (60 + reminderInMinutes) * MINUTE_MS).toISOString();
    const created = await succeed('POST', '/tasks', { userId, taskTitle: 'Write', dueDate, warningOffset });
    return created.taskId as unknown as number;
  };
  const value: MeasuredService['value'] = async (name, ...labels) =>
    sampleOf(await scrape(server), name, ...labels) ?? Number.NaN;
  const until: MeasuredService['until'] = async (isReached, name, ...labels) => {
    let latest = Number.NaN;
    const message = () => `${name} is not reached`;
    await waitFor(
      async () => {
        latest = await value(name, ...labels);
        return isReached(latest);
      },
      { message: message(), timeoutMs: 30_000 },
    ).catch((error: Error) => assert.fail(`${error.message}; it is ${latest}`));
    return latest;
  };
  return { server, clock, smtp, receiver, send, succeed, createUser, createTask, value, until };
}
