import assert from 'node:assert/strict';
import { SCOPES } from '../../src/domain/tokens.ts';
import { rotateToken } from '../../src/tokens/issue.ts';
import { testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';

const WANTED = { name: 'Web shop', scopes: ['users:read', 'users:write'] };
const NOW = '2026-03-01T12:00:00.000Z';

testOnBothDatabases('an administrator can issue a token, read it without its secret, and revoke it', async (t) => {
  const { post, request, clock, store } = await testApp(t);
  const issued = await post('/tokens', { ...WANTED, plan: 'professional', expiresAt: '2026-03-02T12:00:00+00:00' });
  assert.equal(issued.statusCode, 201);
  const { token, ...shown } = issued.json();
  assert.deepEqual(shown, {
    tokenId: 2,
    ...WANTED,
    plan: 'professional',
    createdAt: NOW,
    expiresAt: '2026-03-02T12:00:00.000Z',
  });
  assert.equal(issued.headers.location, '/tokens/2');
  const used = await request({ url: '/users', token });
  assert.deepEqual([used.statusCode, used.headers['x-ratelimit-limit']], [200, '300']);

  await store.tokens.recordUse(2);
  const read = await request({ url: '/tokens/2' });
  assert.deepEqual(read.json(), { ...shown, lastUsedAt: NOW });
  const again = await request({ url: '/tokens/2', headers: { 'if-none-match': String(read.headers.etag) } });
  assert.equal(again.statusCode, 304);
  const list = await request({ url: '/tokens?_sort=-tokenId&_perPage=1' });
  assert.deepEqual(list.json(), { tokens: [{ ...shown, lastUsedAt: NOW }] });
  assert.match(String(list.headers.link), /rel="next"/);

  clock.now += 1000;
  for (let i = 0; i < 2; i++) {
    assert.equal((await request({ method: 'DELETE', url: '/tokens/2' })).statusCode, 204);
  }
  assert.equal((await request({ url: '/users', token })).statusCode, 401, 'at once');
  assert.equal((await request({ url: '/tokens/2' })).json().revokedAt, '2026-03-01T12:00:01.000Z');
  assert.equal((await request({ method: 'DELETE', url: '/tokens/99' })).statusCode, 404);
  assert.equal((await request({ url: '/tokens/99' })).statusCode, 404);
  const everything = (await request({ url: '/audit' })).body + (await request({ url: '/tokens' })).body;
  assert.ok(!everything.includes(token.slice(-46)));
});

testOnBothDatabases('a token can have an expiry and a user', async (t) => {
  const { post, request, clock } = await testApp(t);
  await post('/users', JOHN);
  const { token } = (await post('/tokens', { ...WANTED, userId: 1, expiresAt: '2026-03-01T12:01:00Z' })).json();
  assert.equal((await request({ url: '/users/1', token })).statusCode, 200);
  assert.equal((await request({ url: '/users/2', token })).statusCode, 403);
  clock.now += 59_999;
  assert.equal((await request({ url: '/users/1', token })).statusCode, 200);
  clock.now += 1;
  assert.equal((await request({ url: '/users/1', token })).statusCode, 401);
});

testOnBothDatabases('POST /tokens rejects invalid bodies', async (t) => {
  const { post } = await testApp(t);
  const rejected = async (body: object, message: string, ...details: [string, string][]) => {
    const code = details.some(([, reason]) => reason === 'Is required') ? 'MISSING_REQUIRED_FIELD' : 'INVALID_FIELD';
    assertRejected(await post('/tokens', body), { code, message, details });
  };
  const value = (field: string, text: string, allowed: string) =>
    `The \`${field}\` value '${text}' is not valid. It must be ${allowed}.`;
  const one = SCOPES.join(', ');
  const list = `a list of one or more of ${one}, each once`;
  const plans = 'one of unlimited, basic, professional, enterprise';
  await rejected({}, 'The `name` field is required.', ['name', 'Is required'], ['scopes', 'Is required']);
  await rejected({ ...WANTED, scopes: [] }, value('scopes', '', list), ['scopes', 'Invalid value']);
  await rejected({ ...WANTED, scopes: ['all'] }, value('scopes', 'all', `one of ${one}`), ['scopes', 'Invalid value']);
  await rejected({ ...WANTED, scopes: [1, 'all'] }, value('scopes', '1', `one of ${one}`), ['scopes', 'Invalid value']);
  // Values that cannot be converted to a string, or only by recursion.
  await rejected({ ...WANTED, scopes: [{ toString: 1 }] }, value('scopes', '{…}', `one of ${one}`), [
    'scopes',
    'Invalid value',
  ]);
  const nested = `{"name": "x", "scopes": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  assertRejected(await post('/tokens', nested), {
    code: 'INVALID_FIELD',
    message: value('scopes', '[…]', `one of ${one}`),
    details: [['scopes', 'Invalid value']],
  });
  await rejected({ ...WANTED, scopes: 'admin' }, 'The field `scopes` must be an array', ['scopes', 'Invalid type']);
  const twice = ['users:read', 'users:read'];
  await rejected({ ...WANTED, scopes: twice }, value('scopes', twice.join(','), list), ['scopes', 'Invalid value']);
  await rejected({ ...WANTED, plan: 'gold' }, value('plan', 'gold', plans), ['plan', 'Invalid value']);
  await rejected({ ...WANTED, tokenId: 1 }, 'The field `tokenId` cannot be set', ['tokenId', 'Is read-only']);
  await rejected({ ...WANTED, scopes: ['admin'], userId: 1 }, value('userId', '1', 'left out with the scope admin'), [
    'userId',
    'Invalid value',
  ]);
  const all = { ...WANTED, scopes: ['admin'], plan: 'gold', userId: 1, expiresAt: '2026-01-01T00:00:00Z' };
  const reasons: [string, string][] = ['plan', 'userId', 'expiresAt'].map((field) => [field, 'Invalid value']);
  await rejected(all, value('plan', 'gold', plans), ...reasons);
  const past = '2026-03-01T12:00:00Z';
  await rejected({ ...WANTED, expiresAt: past }, value('expiresAt', past, 'in the future'), [
    'expiresAt',
    'Invalid value',
  ]);
  const unknownUser = "The `userId` value '7' does not refer to an existing user.";
  await rejected({ ...WANTED, userId: 7 }, unknownUser, ['userId', 'Does not exist']);
});

testOnBothDatabases('after a rotation both secrets are valid during the overlap, then only the new one', async (t) => {
  const { store, request, clock, token } = await testApp(t);
  const before = await token({ scopes: ['users:read'] });
  const tokenId = Number(before.split('_')[1]);
  const after = (await rotateToken(store, tokenId, clock.now + 60_000, ACTOR)) as string;
  const status = async (text: string) => (await request({ url: '/users', token: text })).statusCode;
  assert.notEqual(after, before);
  assert.deepEqual([await status(before), await status(after)], [200, 200]);
  clock.now += 59_999;
  assert.deepEqual([await status(before), await status(after)], [200, 200]);
  clock.now += 1;
  assert.deepEqual([await status(before), await status(after)], [401, 200]);
  await store.tokens.revoke(tokenId, ACTOR);
  clock.now += 500;
  assert.deepEqual([await status(before), await status(after)], [401, 401]);
  assert.equal(await rotateToken(store, tokenId, clock.now, ACTOR), undefined);
});

testOnBothDatabases('an administrator can rotate a token, whose previous secret is valid for a day', async (t) => {
  const { post, request, clock, token } = await testApp(t);
  const before = await token({ scopes: ['users:read'], name: 'shop' });
  const tokenId = Number(before.split('_')[1]);
  const rotated = await post(`/tokens/${tokenId}/rotate`, '');
  assert.equal(rotated.statusCode, 200);
  const { token: after, previousTokenValidUntil, ...shown } = rotated.json();
  assert.deepEqual(shown, { tokenId, name: 'shop', scopes: ['users:read'], plan: 'unlimited', createdAt: NOW });
  assert.equal(previousTokenValidUntil, '2026-03-02T12:00:00.000Z');
  const status = async (text: string) => (await request({ url: '/users', token: text })).statusCode;
  assert.deepEqual([await status(before), await status(after)], [200, 200]);
  clock.now += 24 * 60 * 60 * 1000;
  assert.deepEqual([await status(before), await status(after)], [401, 200]);
  const [latest] = (await request({ url: '/audit?_sort=-sequence&_perPage=1' })).json().audit;
  assert.deepEqual([latest.type, latest.tokenId], ['token.rotated', tokenId]);
  assert.ok(!JSON.stringify(latest).includes(after));
});

testOnBothDatabases(
  'a second rotation rejects the oldest secret at once; revoked tokens are not rotated',
  async (t) => {
    const { post, request, token } = await testApp(t);
    const first = await token({ scopes: ['users:read'] });
    const tokenId = Number(first.split('_')[1]);
    const status = async (text: string) => (await request({ url: '/users', token: text })).statusCode;
    const second = (await post(`/tokens/${tokenId}/rotate`, '')).json().token;
    assert.deepEqual([await status(first), await status(second)], [200, 200]);
    const third = (await post(`/tokens/${tokenId}/rotate`, '')).json().token;
    assert.deepEqual([await status(first), await status(second), await status(third)], [401, 200, 200]);
    await request({ method: 'DELETE', url: `/tokens/${tokenId}` });
    assert.equal((await post(`/tokens/${tokenId}/rotate`, '')).statusCode, 404);
    assert.equal((await post('/tokens/99/rotate', '')).statusCode, 404);
  },
);

testOnBothDatabases('the last use is recorded once a minute, without delaying requests', async (t) => {
  const { request, clock, token, store } = await testApp(t);
  const recorded: number[] = [];
  const recordTokenUse = store.tokens.recordUse.bind(store.tokens);
  store.tokens.recordUse = (tokenId) => {
    recorded.push(clock.now);
    return recordTokenUse(tokenId);
  };
  const text = await token();
  const start = clock.now;
  const lastUsed = async () => (await store.tokens.get(1))?.lastUsedAt;
  for (const later of [0, 0, 1_000]) {
    clock.now = start + later;
    await request({ url: '/users', token: text });
    await waitFor(async () => (await lastUsed()) === start, { message: 'the use is not recorded' });
  }
  clock.now = start + 59_999;
  await request({ url: '/users', token: text });
  await recordTokenUse(1);
  assert.equal(await lastUsed(), start);
  clock.now += 1;
  await recordTokenUse(1);
  assert.equal(await lastUsed(), start + 60_000);
  assert.deepEqual(recorded, [start]);
});

testOnBothDatabases('POST /tokens rejects names that would forge rows of the token list', async (t) => {
  const { post } = await testApp(t);
  for (const name of ['a\nb', 'a\tb', 'a\u001b[2K', 'a\u0085', 'a\u2028', 'a\u2029', '\u0000']) {
    const response = await post('/tokens', { ...WANTED, name });
    assert.equal(response.statusCode, 400, JSON.stringify(name));
    assert.deepEqual(response.json().details, [{ field: 'name', reason: 'Invalid format', location: 'body' }]);
    assert.equal(
      response.json().message,
      'The field `name` contains characters that are not allowed; ' +
        'it must not contain control characters, line separators or an unpaired surrogate',
    );
  }
  assert.equal((await post('/tokens', { ...WANTED, name: 'Büro 🏠' })).statusCode, 201);
});
