import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

/** The time limit of the connection and its response. */
const TIMEOUT_MS = 3_000;

/** Connects to Redis or Valkey, authenticates, and waits for a response. Rejected with the reason if that fails. */
export async function checkRedis(url: string): Promise<void> {
  const client = createClient({ url, socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: false } });
  // The promise below is rejected too.
  client.on('error', () => undefined);
  const timer = new AbortController();
  const timeout = sleep(TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no response within ${TIMEOUT_MS / 1000} s`);
  });
  try {
    await Promise.race([client.connect().then(() => client.ping()), timeout]);
  } finally {
    timer.abort();
    client.destroy();
  }
}
