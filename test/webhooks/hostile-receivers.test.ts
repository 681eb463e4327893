import assert from 'node:assert/strict';
import { test as testOnce } from 'node:test';
import { createWebhookTransport } from '../../src/webhooks/transport.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { HOSTILE, type Hostility, startHostileReceiver } from './hostile-receiver.ts';
import { startReceiver } from './receiver.ts';
import { sendingApp } from './sending.ts';

const ATTEMPT_TIMEOUT_MS = 500;
/** Long for an attempt that settles, short for one that never does. */
const OPTIONS = { timeout: 20_000 };

/** The status, or the error, that each comes to. */
const OUTCOMES: Record<Hostility, number | RegExp> = {
  upgrade: 101,
  'upgrade without a header': 101,
  silence: /no response within 0\.5 seconds$/,
  close: /socket hang up/,
  reset: /ECONNRESET|socket hang up/,
  'informational responses without end': /too many informational responses$/,
  'slow informational responses': /too many informational responses$/,
  'headers without end': /Header overflow/,
  'slow headers': /no response within 0\.5 seconds$/,
  'slow body': 200,
  'body without end': 200,
  'body that is cut': 200,
};

for (const name of Object.keys(HOSTILE) as Hostility[]) {
  testOnce(`an attempt at a receiver with ${name} settles and leaves no connection`, OPTIONS, async (t) => {
    const { url, open } = await startHostileReceiver(t, name);
    const send = createWebhookTransport({ isAllowed: () => true, timeoutMs: ATTEMPT_TIMEOUT_MS });
    const attempt = send({ url, headers: {}, body: '{}' }, new AbortController().signal);
    const outcome = OUTCOMES[name];
    if (outcome instanceof RegExp) await assert.rejects(attempt, outcome);
    else assert.equal((await attempt).status, outcome);
    await waitFor(() => open.size === 0, { message: 'a connection stays open' });
  });
}

testOnce('an attempt that was abandoned before it began settles', OPTIONS, async (t) => {
  const { url, open } = await startHostileReceiver(t, 'silence');
  const send = createWebhookTransport({ isAllowed: () => true });
  await assert.rejects(send({ url, headers: {}, body: '{}' }, AbortSignal.abort()), /aborted/);
  await waitFor(() => open.size === 0, { message: 'a connection stays open' });
});

testOnBothDatabases(
  '32 receivers that switch protocols hold no other webhook up, and the sender stops',
  {
    ...OPTIONS,
    responsesDiffer: 'a receiver has another port in each run',
  },
  async (t) => {
    const app = await sendingApp(t);
    const hostile = await startHostileReceiver(t, 'upgrade');
    const other = await startReceiver(t);
    const hooks: number[] = [];
    for (let n = 0; n < 32; n++) hooks.push((await app.hook(`${hostile.url}${n}`)).webhookId);
    await app.hook(other.url);
    // As many for each as are sent to one webhook at a time.
    for (let n = 0; n < 8; n++) await app.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
    await app.sendAll();
    assert.equal(other.received.length, 8);
    assert.equal(hostile.connections(), 32 * 8);
    const [first] = await app.deliveries(hooks[0] as number);
    assert.deepEqual([first?.state, first?.lastStatus], ['pending', 101]);
    await app.turn(5_000);
    assert.equal(hostile.connections(), 2 * 32 * 8, 'it is tried again');
    await app.sender.stop();
  },
);
