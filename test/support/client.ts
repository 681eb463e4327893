import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { TaskApi } from '../../client/src/index.ts';
import type { ClientOptions } from '../../client/src/options.ts';
import { type TestApp, type TestAppOptions, testApp } from './app.ts';

export interface ClientApp extends TestApp {
  /** The URL of the service, which listens. */
  url: string;
  /** An administrator's client, with the clock of the test. */
  api: TaskApi;
  /** How long the client has waited before each retry, in milliseconds. */
  waits: number[];
  /** Another client with the same clock. */
  connect: (options?: Partial<ClientOptions>) => TaskApi;
}

/**
 * An application that listens, and a client. Instead of waiting, the client turns the clock of the test, which is also
 * that of the service.
 */
export async function clientApp(t: TestContext, options: TestAppOptions = {}): Promise<ClientApp> {
  const app = await testApp(t, options);
  await app.app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.app.server.address() as AddressInfo).port}`;
  const token = await app.token();
  const waits: number[] = [];
  // If a test fails, a stream of events would be renewed without end.
  const ended = new AbortController();
  t.after(() => ended.abort());
  const clock = {
    now: () => app.clock.now,
    random: () => 1,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      ended.signal.throwIfAborted();
      waits.push(ms);
      app.clock.now += ms;
    },
  };
  const connect: ClientApp['connect'] = (own) => new TaskApi({ baseUrl: url, token, clock, ...own });
  return { ...app, url, api: connect(), waits, connect };
}
