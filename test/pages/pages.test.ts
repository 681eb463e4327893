import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { testApp } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';

/** A new page, and whatever it asks of other origins or complains about. */
async function openPage(
  t: TestContext,
  width: number,
): Promise<{ page: Page; url: string; errors: string[] } | undefined> {
  const browser = await openBrowser(t);
  if (browser === undefined) return undefined;
  const { app } = await testApp(t, { acceptDevelopmentToken: true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const errors: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) errors.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  return { page, url, errors };
}

for (const width of [1280, 390]) {
  test(`/docs, ${width} pixels wide, needs no other server and creates a user`, { timeout: 60_000 }, async (t) => {
    const opened = await openPage(t, width);
    if (opened === undefined) return;
    const { page, url, errors } = opened;
    await page.goto(`${url}/`);
    await page.click('text=Reference');
    await page.click('button.authorize');
    await page.fill('.auth-container input', 'your-token-here');
    await page.click('.auth-container button.authorize');
    await page.click('.auth-container .btn-done');

    const operation = page.locator('#operations-users-createUser');
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.execute').click();
    const response = await operation.locator('.live-responses-table .response').textContent();
    assert.match(String(response), /^201/);
    assert.match(String(response), /"contactEmail": "john.doe@example.com"/);
    assert.deepEqual(errors, []);
    assert.equal(
      await page.evaluate('document.documentElement.scrollWidth'),
      width,
      'the page is wider than the window',
    );
  });
}

test('/docs works under a content security policy that allows nothing inline', { timeout: 60_000 }, async (t) => {
  const opened = await openPage(t, 1280);
  if (opened === undefined) return;
  const { page, url, errors } = opened;
  await page.route(`${url}/docs`, async (route) => {
    const response = await route.fetch();
    const policy = "default-src 'self'; img-src 'self' data:";
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
  });
  await page.goto(`${url}/docs`);
  await page.locator('#operations-users-createUser .opblock-summary-control').click();
  await page.locator('#operations-users-createUser .execute').waitFor();
  assert.deepEqual(errors, []);
});

test('/ says where things are, to people and to programs', async (t) => {
  const { app } = await testApp(t);
  const forPrograms = await app.inject({ url: '/' });
  const { console: consolePath, docs, openapi, health } = forPrograms.json();
  const paths = [consolePath, docs, openapi, health];
  for (const url of paths) assert.equal((await app.inject({ url })).statusCode, 200, url);
  const forPeople = await app.inject({ url: '/', headers: { accept: 'text/html,*/*;q=0.8' } });
  assert.equal(forPeople.headers['content-type'], 'text/html; charset=utf-8');
  for (const response of [forPrograms, forPeople]) assert.equal(response.headers.vary, 'Accept');
  const links = [...forPeople.body.matchAll(/<a href="([^"]+)">/g)].map(([, link]) => `/${link}`);
  assert.deepEqual(links, paths);
});

test('what /docs loads has an entity tag and is asked for again', async (t) => {
  const { app } = await testApp(t);
  const { body } = await app.inject({ url: '/docs' });
  const assets = [...body.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  assert.ok(assets.length >= 4);
  for (const url of ['/docs', ...assets]) {
    const { statusCode, headers } = await app.inject({ url });
    assert.equal(statusCode, 200, url);
    assert.equal(headers['cache-control'], 'no-cache');
    const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, '');
  }
});

test('/docs/ leads to /docs, also behind a path', async (t) => {
  const { app } = await testApp(t);
  for (const base of ['http://localhost:3000', 'https://example.com/api']) {
    const { statusCode, headers } = await app.inject({ url: '/docs/' });
    assert.equal(statusCode, 308);
    assert.equal(new URL(String(headers.location), `${base}/docs/`).href, `${base}/docs`);
  }
});

test('the pages and browsers by themselves find the icon', async (t) => {
  const { app } = await testApp(t);
  const { statusCode, headers, rawPayload } = await app.inject({ url: '/favicon.ico' });
  assert.deepEqual([statusCode, headers['content-type']], [200, 'image/x-icon']);
  // The signature of an ICO file.
  assert.equal(rawPayload.subarray(0, 4).toString('hex'), '00000100');
  for (const url of ['/', '/docs']) {
    const { body } = await app.inject({ url, headers: { accept: 'text/html' } });
    const [, icon = ''] = /<link rel="icon" href="([^"]+)">/.exec(body) ?? [];
    assert.equal(new URL(icon, `http://localhost:3000${url}`).pathname, '/favicon.ico');
  }
});
