import assert from 'node:assert/strict';
import { testApp } from '../../support/app.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';
import { ACTOR } from '../../support/created.ts';
import { type EmailApp, emailApp } from '../../support/email-app.ts';
import { JOHN } from '../../support/examples.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const URL_OF_JOHN = '/users/1/email-confirmation';
const LINK = /^https:\/\/tasks\.example\.com\/confirm-email#([\w-]{43})$/m;

/** Tokens in the emails so far. */
function tokensIn({ smtp }: EmailApp): string[] {
  return smtp.emails.map(({ text = '' }) => LINK.exec(text)?.[1] ?? assert.fail(text));
}

const newestToken = (app: EmailApp) => tokensIn(app).at(-1) as string;

/** Presses the button. The page that it leads to. */
async function confirm({ app }: EmailApp, token: string) {
  const response = await app.inject({
    method: 'POST',
    url: '/confirm-email',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ token }).toString(),
  });
  assert.deepEqual([response.statusCode, response.body], [303, '']);
  return app.inject({ url: `/${response.headers.location}` });
}

/** An application in which John was just created and sent a link. */
async function withJohn(t: Parameters<typeof emailApp>[0]) {
  const app = await emailApp(t, { confirmEmail: 'true' });
  assert.equal((await app.post('/users', JOHN)).statusCode, 201);
  await app.runOnce();
  const state = async () => {
    const response = await app.request({ url: URL_OF_JOHN });
    assert.equal(response.statusCode, 200, response.body);
    return response.json();
  };
  const again = () => app.request({ method: 'POST', url: URL_OF_JOHN });
  return { ...app, state, again, confirm: (token: string) => confirm(app, token) };
}

testOnBothDatabases('a new user gets a link that confirms the address once', async (t) => {
  const app = await withJohn(t);
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  const { now } = app.clock;
  assert.equal(app.smtp.emails.length, 1);
  const [email] = app.smtp.emails;
  assert.deepEqual(email?.recipients, [JOHN.contactEmail]);
  assert.equal(email?.subject, 'Confirm your email address');
  assert.equal(email?.header['auto-submitted'], 'auto-generated');
  assert.equal(email?.header['list-unsubscribe'], undefined);
  assert.ok(!`${email?.text}${email?.html}`.includes('John'), 'the email may go to a stranger');
  const token = newestToken(app);
  assert.equal(email?.html?.match(/href="([^"]+)"/)?.[1], `https://tasks.example.com/confirm-email#${token}`);
  const pending = {
    contactEmail: JOHN.contactEmail,
    state: 'pending',
    sentAt: at(now),
    expiresAt: at(now + 24 * HOUR),
  };
  assert.deepEqual(await app.state(), pending);

  app.clock.now += HOUR;
  const confirmed = await app.confirm(token);
  assert.equal(confirmed.statusCode, 200);
  assert.match(confirmed.body, /<h1>Your address is confirmed<\/h1>/);
  const state = { contactEmail: JOHN.contactEmail, state: 'confirmed', sentAt: at(now), confirmedAt: at(now + HOUR) };
  assert.deepEqual(await app.state(), state);

  app.clock.now += HOUR;
  const used = await app.confirm(token);
  assert.equal(used.statusCode, 200);
  assert.match(used.body, /<h1>Your address is already confirmed<\/h1>/);
  assert.deepEqual(await app.state(), state, 'the second use changes nothing');
  assert.equal((await app.request({ url: '/users/1' })).headers.etag, '"1"', 'the user is as before');
});

testOnBothDatabases('opening the link does not confirm the address', async (t) => {
  const app = await withJohn(t);
  const token = newestToken(app);
  for (const method of ['GET', 'HEAD'] as const) {
    for (const url of ['/confirm-email', `/confirm-email?token=${token}`]) {
      assert.equal((await app.app.inject({ method, url })).statusCode, 200);
    }
  }
  for (const payload of [{ token }, undefined]) {
    const url = `/confirm-email?token=${token}`;
    await app.app.inject({ method: 'POST', url, ...(payload !== undefined && { payload }) });
  }
  assert.equal((await app.state()).state, 'pending');
});

testOnBothDatabases('the whole link is accepted as its token is; an invalid link is rejected', async (t) => {
  const app = await withJohn(t);
  const token = newestToken(app);
  for (const other of ['', 'x', token.slice(1), `${token}x`, 'A'.repeat(43), '\0', '<b>']) {
    const response = await app.confirm(other);
    assert.equal(response.statusCode, 404, other);
    assert.match(response.body, /<h1>This link is not valid<\/h1>/);
  }
  assert.equal((await app.state()).state, 'pending');
  assert.equal((await app.confirm(` https://tasks.example.com/confirm-email#${token}\r\n`)).statusCode, 200);
  assert.equal((await app.state()).state, 'confirmed');
});

testOnBothDatabases('a link is valid for a day; then another can be requested', async (t) => {
  const app = await withJohn(t);
  app.clock.now += 24 * HOUR;
  const expired = await app.confirm(newestToken(app));
  assert.equal(expired.statusCode, 410);
  assert.match(expired.body, /<h1>This link has expired<\/h1>/);
  assert.equal((await app.state()).state, 'unconfirmed');
  const asked = await app.again();
  assert.equal(asked.statusCode, 202);
  assert.equal(asked.json().state, 'pending');
  await app.runOnce();
  app.clock.now += 24 * HOUR - 1;
  assert.equal((await app.confirm(newestToken(app))).statusCode, 200);
  assert.equal((await app.confirm(tokensIn(app)[0] as string)).statusCode, 200, 'confirmed, by whichever link');

  await app.store.emails.prune();
  app.clock.now += 31 * 24 * HOUR;
  while (await app.store.emails.prune());
  assert.equal((await app.state()).state, 'confirmed');
  assert.equal((await app.confirm(tokensIn(app)[0] as string)).statusCode, 404, 'expired long ago');
});

testOnBothDatabases('a changed address is not confirmed, and links for the old one are invalid', async (t) => {
  const app = await withJohn(t);
  await app.patch('/users/1', { firstName: 'Jim' });
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 1, 'a changed name asks for no email');
  const [first] = tokensIn(app);
  await app.patch('/users/1', { contactEmail: 'jim@example.org' });
  assert.equal((await app.confirm(first as string)).statusCode, 404);
  assert.deepEqual(await app.state(), { contactEmail: 'jim@example.org', state: 'unconfirmed' });
  await app.runOnce();
  assert.deepEqual(app.smtp.emails.at(-1)?.recipients, ['jim@example.org']);
  assert.equal((await app.confirm(newestToken(app))).statusCode, 200);
  assert.equal((await app.state()).state, 'confirmed');
  await app.patch('/users/1', JOHN);
  assert.equal((await app.state()).state, 'unconfirmed', 'nor is one that was confirmed long ago');
});

testOnBothDatabases('a link sent to an address that changes meanwhile is invalid', async (t) => {
  const app = await withJohn(t);
  const tokenHash = new Uint8Array(32);
  const link = { tokenHash, userId: 1, contactEmail: JOHN.contactEmail };
  await app.patch('/users/1', { contactEmail: 'jim@example.org' });
  assert.equal(await app.store.emails.addConfirmationLink(link), false);
  assert.equal(await app.store.emails.addConfirmationLink({ ...link, userId: 2 }), false);
  assert.equal(await app.store.emails.confirm(tokenHash), 'unknown');
});

testOnBothDatabases(
  'a link created while the address changes is invalid',
  {
    responsesDiffer: 'one of many is first',
  },
  async (t) => {
    const { store } = await withJohn(t);
    let contactEmail = JOHN.contactEmail;
    for (let i = 0; i < 50; i++) {
      const tokenHash = new Uint8Array(32).fill(i);
      const next = `john${i}@example.com`;
      const change = () => store.users.update(1, { contactEmail: next, contactEmailKey: next }, ACTOR);
      const link = () => store.emails.addConfirmationLink({ tokenHash, userId: 1, contactEmail });
      await Promise.all(i % 2 === 0 ? [change(), link()] : [link(), change()]);
      assert.equal(await store.emails.confirm(tokenHash), 'unknown');
      contactEmail = next;
    }
  },
);

testOnBothDatabases('the link can be sent again once a minute', async (t) => {
  const app = await withJohn(t);
  app.clock.now += MINUTE - 1500;
  const rejected = await app.again();
  assert.equal(rejected.statusCode, 429);
  assert.equal(rejected.headers['retry-after'], '2');
  const { requestId, ...body } = rejected.json();
  assert.deepEqual(body, { code: 'RATE_LIMIT_EXCEEDED', message: 'Rate limit exceeded. Try again in 2 seconds' });
  assert.equal(requestId, rejected.headers['x-request-id']);
  app.clock.now += 1500;
  const responses = await Promise.all(Array.from({ length: 5 }, app.again));
  assert.deepEqual(responses.map(({ statusCode }) => statusCode).sort(), [202, 429, 429, 429, 429]);
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 2);
  assert.equal(new Set(app.smtp.emails.map(({ messageId }) => messageId)).size, 2);
});

testOnBothDatabases('a user gets five links a day at most', async (t) => {
  const app = await withJohn(t);
  const begin = app.clock.now;
  for (let i = 0; i < 2; i++) {
    app.clock.now += HOUR;
    assert.equal((await app.again()).statusCode, 202);
    await app.runOnce();
  }
  for (let i = 0; i < 4; i++) {
    app.clock.now += HOUR;
    await app.patch('/users/1', { contactEmail: `john${i}@example.com` });
    await app.runOnce();
  }
  assert.equal(app.smtp.emails.length, 5);
  assert.equal((await app.state()).state, 'unconfirmed');
  const rejected = await app.again();
  assert.equal(rejected.statusCode, 429);
  assert.equal(rejected.headers['retry-after'], String((begin + 24 * HOUR - app.clock.now) / 1000));
  app.clock.now = begin + 24 * HOUR;
  assert.equal((await app.again()).statusCode, 202);
  await app.runOnce();
  assert.deepEqual(app.smtp.emails.at(-1)?.recipients, ['john3@example.com']);
});

testOnBothDatabases('a confirmed address gets no link', async (t) => {
  const app = await withJohn(t);
  app.clock.now += MINUTE;
  assert.equal((await app.again()).statusCode, 202);
  await app.confirm(newestToken(app));
  await app.runOnce();
  app.clock.now += MINUTE;
  const asked = await app.again();
  assert.deepEqual([asked.statusCode, asked.json().state], [202, 'confirmed']);
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 1);
});

testOnBothDatabases('each attempt has its own link and the same Message-ID, and every link is valid', async (t) => {
  const app = await emailApp(t, { confirmEmail: 'true' });
  await app.post('/users', JOHN);
  const lost: { messageId: string | undefined; text: string | undefined }[] = [];
  app.smtp.beforeResponse = async ({ messageId, text }) => void lost.push({ messageId, text });
  app.smtp.rejection = { command: 'DATA', status: 451 };
  await app.runOnce();
  const state = (await app.request({ url: URL_OF_JOHN })).json();
  assert.deepEqual([state.state, state.sentAt], ['pending', undefined]);
  app.smtp.rejection = undefined;
  app.clock.now += MINUTE;
  await app.runOnce();
  assert.equal(app.smtp.emails[0]?.messageId, lost[0]?.messageId);
  const token = LINK.exec(lost[0]?.text ?? '')?.[1] ?? '';
  assert.notEqual(token, newestToken(app));
  assert.equal((await confirm(app, token)).statusCode, 200);
});

testOnBothDatabases('a missing user has no confirmation', async (t) => {
  const app = await emailApp(t, { confirmEmail: 'true' });
  for (const method of ['GET', 'POST'] as const) {
    assert.equal((await app.request({ method, url: '/users/7/email-confirmation' })).statusCode, 404);
    assert.equal((await app.request({ method, url: '/users/x/email-confirmation' })).statusCode, 400);
  }
});

testOnBothDatabases('without CONFIRM_EMAIL there are no confirmation routes and no emails', async (t) => {
  const app = await emailApp(t);
  await app.post('/users', JOHN);
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 0);
  for (const without of [app, await testApp(t)]) {
    for (const method of ['GET', 'POST'] as const) {
      assert.equal((await without.request({ method, url: URL_OF_JOHN })).statusCode, 404);
    }
    assert.equal((await without.app.inject({ url: '/confirm-email' })).statusCode, 401);
    const { paths } = (await without.app.inject({ url: '/openapi.json' })).json();
    assert.equal(paths['/users/{userId}/email-confirmation'], undefined);
  }
});
