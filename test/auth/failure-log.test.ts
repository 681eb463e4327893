import assert from 'node:assert/strict';
import type { TestApp } from '../support/app.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

/** Sends a request with an invalid token. */
function fail({ app }: TestApp, remoteAddress: string, headers: Record<string, string> = {}) {
  return app.inject({ url: '/users', remoteAddress, headers: { authorization: 'Bearer tmapi_wrong', ...headers } });
}

/** The log lines about failed authentication: message, address and count. */
function failures({ log }: TestApp): unknown[] {
  return log
    .filter(({ msg }) => String(msg).startsWith('authentication failed'))
    .map(({ msg, address, failures }) => [msg, address, failures]);
}

testOnBothDatabases(
  'a failed authentication is logged with a masked address; further ones are logged as a count after a minute',
  async (t) => {
    const tested = await testApp(t);
    const first = await fail(tested, '192.0.2.77');
    assert.equal(tested.log[0]?.requestId, first.headers['x-request-id']);
    assert.equal(tested.log[0]?.level, 40);
    for (let i = 0; i < 99; i++) await fail(tested, '192.0.2.77');
    await fail(tested, '2001:db8:1:2:3:4:5:6');
    // Neither request is a failed authentication.
    await tested.app.inject({ url: '/users', remoteAddress: '198.51.100.1' });
    await tested.request({ url: '/users', remoteAddress: '198.51.100.1' });
    const lines = [
      ['authentication failed', '192.0.2.0/24', undefined],
      ['authentication failed', '2001:db8:1:2::/64', undefined],
    ];
    assert.deepEqual(failures(tested), lines);
    tested.clock.now += 60_000;
    await fail(tested, '::ffff:192.0.2.78');
    lines.push(['authentication failed repeatedly', '192.0.2.0/24', 100 as never]);
    lines.push(['authentication failed', '192.0.2.0/24', undefined]);
    assert.deepEqual(failures(tested), lines);
    assert.ok(!JSON.stringify(tested.log).includes('tmapi_wrong'));
  },
);

testOnBothDatabases('failures from many addresses do not flood the log', async (t) => {
  const tested = await testApp(t);
  for (let i = 0; i < 300; i++) await fail(tested, `10.${i >> 8}.${i & 255}.1`);
  assert.equal(failures(tested).length, 100);
  tested.clock.now += 60_000;
  await fail(tested, '192.0.2.1');
  assert.deepEqual(failures(tested).slice(100), [
    ['authentication failed repeatedly from more addresses', undefined, 200],
    ['authentication failed', '192.0.2.0/24', undefined],
  ]);
});

testOnBothDatabases('suppressed failures are logged when the service stops', async (t) => {
  const tested = await testApp(t);
  await fail(tested, '192.0.2.1');
  await fail(tested, '192.0.2.1');
  await tested.app.close();
  assert.deepEqual(failures(tested).at(-1), ['authentication failed repeatedly', '192.0.2.0/24', 2]);
});

testOnBothDatabases('LOG_ADDRESSES logs addresses in full or not at all, and never an invalid address', async (t) => {
  const full = await testApp(t, { settings: { logAddresses: 'full', trustProxy: 'loopback' } });
  await fail(full, '192.0.2.77');
  await fail(full, '127.0.0.1', { 'x-forwarded-for': '[2001:DB8::7]:4711' });
  await fail(full, '127.0.0.1', { 'x-forwarded-for': 'john.doe@example.com' });
  assert.deepEqual(
    failures(full).map((line) => (line as unknown[])[1]),
    ['192.0.2.77', '2001:db8::7', 'unknown'],
  );
  const off = await testApp(t, { settings: { logAddresses: 'off' } });
  await fail(off, '192.0.2.77');
  await fail(off, '198.51.100.1');
  assert.deepEqual(failures(off), [['authentication failed', undefined, undefined]]);
});
