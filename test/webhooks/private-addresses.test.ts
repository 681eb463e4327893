import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const WANTED = { url: 'https://hooks.example.com/', events: ['user.created'] };

const PRIVATE_HOSTS = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '0', '10.1.2.3', '192.168.0.1'],
  ...[
    '169.254.169.254',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fd00::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ],
  ...['localhost', 'LOCALHOST', 'localhost.', 'hooks.localhost', '１２７.0.0.1'],
];
const PUBLIC_HOSTS = ['hooks.example.com', '8.8.8.8', '[2606:4700::1111]', 'localhost.example.com', '127.0.0.1.nip.io'];

testOnBothDatabases('a webhook with a literal private address is rejected where those are not allowed', async (t) => {
  const { post, patch, request } = await testApp(t);
  assert.equal((await post('/webhooks', WANTED)).statusCode, 201);
  for (const host of PRIVATE_HOSTS) {
    const url = `http://${host}:3000/hooks`;
    const expected = {
      message:
        `The \`url\` value '${url}' is not valid. It must be an http or https URL whose host is a name or a public IP ` +
        'address, unless the operator sets WEBHOOK_ALLOW_PRIVATE=true.',
      details: [['url', 'Invalid value']] as [string, string][],
    };
    assertRejected(await post('/webhooks', { ...WANTED, url }), expected);
    assertRejected(await patch('/webhooks/1', { url }), expected);
  }
  const several = await post('/webhooks', { url: 'http://127.1/', events: [], foo: 1 });
  assert.deepEqual(
    several.json().details.map(({ field }: { field: string }) => field),
    ['url', 'events', 'foo'],
  );
  for (const host of PUBLIC_HOSTS) {
    assert.equal((await post('/webhooks', { ...WANTED, url: `https://${host}/` })).statusCode, 201, host);
  }
  const { webhooks } = (await request({ url: '/webhooks?_perPage=100' })).json();
  assert.equal(webhooks.length, 1 + PUBLIC_HOSTS.length);
});

testOnBothDatabases('where private addresses are allowed a webhook may name one', async (t) => {
  const { post } = await testApp(t, { allowPrivateWebhooks: true });
  for (const host of PRIVATE_HOSTS) {
    assert.equal((await post('/webhooks', { ...WANTED, url: `http://${host}/` })).statusCode, 201, host);
  }
});
