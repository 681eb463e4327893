import assert from 'node:assert/strict';
import type { Scope } from '../../src/domain/tokens.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { JOHN } from '../support/examples.ts';
import { JOHNS, jwtTestApp } from '../support/jwt-app.ts';

const DIFFER = { responsesDiffer: 'tokens and times are of the moment' };
const SCOPES: Scope[] = ['users:read', 'users:write'];
const VICTIM = 'victim@example.com';

/** The claims of the victim's first login. */
const VICTIMS = { ...JOHNS, sub: 'victim', email: VICTIM };

testOnBothDatabases(
  'a user token that takes another person’s address gains nothing from that person’s login',
  DIFFER,
  async (t) => {
    const { issuer, request, post, patch, token, status, log, clock } = await jwtTestApp(t);
    const attacker = await token({ scopes: SCOPES, userId: 1 });
    assert.equal((await patch('/users/1', { contactEmail: VICTIM }, attacker)).statusCode, 200);
    const victim = await issuer.sign(VICTIMS);
    assert.equal(await status(victim), 403);
    assert.equal(log.at(-1)?.denied, 'address-set-by-user');
    // More scopes would not help, so none is named as missing.
    const { headers } = await request({ url: '/users/1', token: victim });
    assert.equal(headers['www-authenticate'], undefined);

    // A detour through another address does not help either.
    await patch('/users/1', { contactEmail: 'other@example.com' }, attacker);
    await patch('/users/1', { contactEmail: 'Victim@example.com' }, attacker);
    clock.now += 500;
    assert.equal(await status(victim), 403);

    // An administrator assigns the address to its owner.
    await patch('/users/1', { contactEmail: 'other@example.com' });
    assert.equal((await post('/users', { ...JOHN, contactEmail: VICTIM })).statusCode, 201);
    clock.now += 500;
    assert.equal(await status(victim, '/users/2'), 200);
  },
);

testOnBothDatabases(
  'a JWT user who takes another person’s address gains nothing from that person’s login',
  DIFFER,
  async (t) => {
    const { issuer, patch, status, log } = await jwtTestApp(t);
    const attacker = await issuer.sign({ ...JOHNS, sub: 'attacker' });
    assert.equal((await patch('/users/1', { contactEmail: VICTIM }, attacker)).statusCode, 200);
    assert.equal(await status(await issuer.sign(VICTIMS)), 403);
    assert.equal(log.at(-1)?.denied, 'other-subject');
    // A subject with this address at the provider keeps access.
    assert.equal(await status(await issuer.sign({ ...JOHNS, sub: 'attacker', email: VICTIM })), 200);
  },
);

testOnBothDatabases(
  'a user stays linked to the first subject until the user is deleted or a service changes the address',
  DIFFER,
  async (t) => {
    const { issuer, request, post, patch, status, clock } = await jwtTestApp(t);
    const first = await issuer.sign({ ...JOHNS, sub: 'first' });
    const second = await issuer.sign({ ...JOHNS, sub: 'second' });
    assert.equal(await status(first), 200);
    assert.equal(await status(second), 403);
    const bound = async () => {
      const { audit } = (await request({ url: '/audit' })).json() as { audit: Record<string, unknown>[] };
      return audit.filter(({ type }) => type === 'identity.bound');
    };
    const [entry] = await bound();
    assert.deepEqual([entry?.userId, entry?.after], [1, { issuer: issuer.url }]);
    assert.match(String(entry?.actor), /^jwt:[0-9a-f]{32}$/);

    const { events } = (await request({ url: '/events' })).json() as { events: Record<string, unknown>[] };
    assert.deepEqual(
      events.map(({ type }) => type),
      ['user.created'],
    );

    // A PATCH without a change does not unlink the subject.
    await patch('/users/1', { contactEmail: 'John.Doe@example.com' });
    clock.now += 500;
    assert.equal(await status(second), 403);

    await patch('/users/1', { contactEmail: 'new@example.com' });
    await patch('/users/1', { contactEmail: JOHN.contactEmail });
    clock.now += 500;
    assert.equal(await status(second), 200);
    assert.equal(await status(first), 403);
    assert.equal((await bound()).length, 2);

    assert.equal((await request({ method: 'DELETE', url: '/users/1' })).statusCode, 204);
    assert.equal((await post('/users', JOHN)).statusCode, 201);
    clock.now += 500;
    assert.equal(await status(first, '/users/2'), 200);
    assert.deepEqual(
      (await bound()).map(({ after }) => after),
      [undefined, undefined, { issuer: issuer.url }],
    );
  },
);

testOnBothDatabases('if two subjects use an address at once, exactly one is linked to the user', DIFFER, async (t) => {
  const { issuer, status } = await jwtTestApp(t);
  const tokens = await Promise.all(Array.from({ length: 8 }, (_, i) => issuer.sign({ ...JOHNS, sub: `subject ${i}` })));
  const statuses = await Promise.all(tokens.map((token) => status(token)));
  assert.deepEqual(statuses.toSorted(), [200, ...Array(7).fill(403)]);
});

testOnBothDatabases('with CONFIRM_EMAIL, a JWT acts only for a user with a confirmed address', DIFFER, async (t) => {
  const { issuer, patch, token, status, store, log, clock } = await jwtTestApp(t, EMAIL_TEST_SETTINGS);
  const confirm = async (contactEmail: string) => {
    const tokenHash = Buffer.from(contactEmail.padEnd(32));
    assert.ok(await store.emails.addConfirmationLink({ tokenHash, userId: 1, contactEmail }));
    assert.equal(await store.emails.confirm(tokenHash), 'confirmed');
    clock.now += 500;
  };
  const john = await issuer.sign(JOHNS);
  assert.equal(await status(john), 403);
  assert.equal(log.at(-1)?.denied, 'address-not-confirmed');
  await confirm(JOHN.contactEmail);
  assert.equal(await status(john), 200);

  const attacker = await token({ scopes: SCOPES, userId: 1 });
  assert.equal((await patch('/users/1', { contactEmail: VICTIM }, attacker)).statusCode, 200);
  const victim = await issuer.sign(VICTIMS);
  assert.equal(await status(victim), 403);
  await confirm(VICTIM);
  assert.equal(await status(victim), 200);
});

testOnBothDatabases(
  'with USER_EMAIL_CHANGES=false, a user token can change every field except the address',
  async (t) => {
    const { post, patch, token } = await testApp(t, { settings: { userEmailChanges: 'false' } });
    await post('/users', JOHN);
    const user = await token({ scopes: SCOPES, userId: 1 });
    const rejected = await patch('/users/1', { firstName: 'Jon', contactEmail: VICTIM }, user);
    assert.deepEqual([rejected.statusCode, rejected.json().code], [403, 'FORBIDDEN']);
    assert.equal((await patch('/users/1', { contactEmail: 'not an address' }, user)).statusCode, 400);
    // An unchanged address is accepted.
    const changed = await patch('/users/1', { ...JOHN, firstName: 'Jon' }, user);
    assert.deepEqual([changed.statusCode, changed.json()], [200, { userId: 1, ...JOHN, firstName: 'Jon' }]);
    assert.equal((await patch('/users/1', { contactEmail: JOHN.contactEmail }, user)).statusCode, 200);
    const service = await token({ scopes: SCOPES });
    assert.equal((await patch('/users/1', { contactEmail: VICTIM }, service)).json().contactEmail, VICTIM);
  },
);
