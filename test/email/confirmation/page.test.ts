import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser } from '../../support/browser.ts';
import { type EmailApp, emailApp } from '../../support/email-app.ts';
import { JOHN } from '../../support/examples.ts';

interface Opened extends EmailApp {
  page: Page;
  /** The link in the email, as it leads to the application. */
  link: string;
  /** Whatever the page complains about or asks of others. */
  errors: string[];
  state: () => Promise<string>;
}

/** The path that a proxy puts in front: what the page loads, sends to and leads to must not be named from the root. */
const PREFIX = '/service';

/** Passes on what is under {@link PREFIX}, as a proxy in front of the service does. */
async function startProxy(t: TestContext, target: string): Promise<string> {
  const proxy = createServer((incoming, response) => {
    const path = incoming.url?.startsWith(`${PREFIX}/`) ? incoming.url.slice(PREFIX.length) : '/not-there';
    const passed = request(`${target}${path}`, { method: incoming.method, headers: incoming.headers }, (upstream) => {
      response.writeHead(upstream.statusCode ?? 502, upstream.headers);
      upstream.pipe(response);
    });
    incoming.pipe(passed);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close().closeAllConnections());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${PREFIX}`;
}

/** John's link, and a window to open it in. */
async function openWindow(t: TestContext, width: number, javaScriptEnabled = true): Promise<Opened | undefined> {
  const browser = await openBrowser(t);
  if (browser === undefined) return undefined;
  const app = await emailApp(t, { confirmEmail: 'true' });
  const url = await startProxy(t, await app.app.listen({ host: '127.0.0.1', port: 0 }));
  await app.post('/users', JOHN);
  await app.runOnce();
  const mailed = /https:\S+#\S+/.exec(app.smtp.emails[0]?.text ?? '')?.[0] ?? '';
  const context = await browser.newContext({ viewport: { width, height: 800 }, javaScriptEnabled });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && request.url() !== 'data:,') errors.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => errors.push(message.text()));
  const state = async () => (await app.request({ url: '/users/1/email-confirmation' })).json().state;
  return { ...app, page, link: mailed.replace(app.config.publicUrl, url), errors, state };
}

for (const width of [1280, 390, 320]) {
  test(`the page, ${width} pixels wide, confirms with one click only`, { timeout: 60_000 }, async (t) => {
    const opened = await openWindow(t, width);
    if (opened === undefined) return;
    const { page, link, errors, state } = opened;
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    await page.goto(link);
    assert.equal(await page.locator('input').isVisible(), false);
    assert.equal(await state(), 'pending');
    const token = link.split('#')[1] as string;
    assert.ok(!sent.some((url) => url.split('#')[0]?.includes(token)), 'the token is in no address that is asked for');
    const fits = async () =>
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, 'wider than the window');
    await fits();
    const button = await page.locator('button').boundingBox();
    assert.ok(button !== null && button.height >= 44, 'a thumb finds the button');

    await page.click('button');
    assert.equal(await page.textContent('h1'), 'Your address is confirmed');
    assert.equal(await state(), 'confirmed');
    await fits();
    assert.ok(!page.url().includes(token));

    await page.goto(link);
    await page.click('button');
    assert.equal(await page.textContent('h1'), 'Your address is already confirmed');
    assert.deepEqual(errors, []);
  });
}

test('without scripts, the page shows how to use the link', { timeout: 60_000 }, async (t) => {
  const opened = await openWindow(t, 390, false);
  if (opened === undefined) return;
  const { page, link, state } = opened;
  await page.goto(link);
  assert.ok(await page.locator('#hint').isVisible());
  await page.fill('input', link);
  await page.click('button');
  assert.equal(await page.textContent('h1'), 'Your address is confirmed');
  assert.equal(await state(), 'confirmed');
});

test('the page reports an expired and an unknown link', { timeout: 60_000 }, async (t) => {
  const opened = await openWindow(t, 390);
  if (opened === undefined) return;
  const { page, link, clock } = opened;
  const unknown = link.replace(/#.*/, `#${'A'.repeat(43)}`);
  await page.goto(unknown);
  await page.click('button');
  assert.equal(await page.textContent('h1'), 'This link is not valid');
  clock.now += 24 * 60 * 60 * 1000;
  await page.goto(unknown);
  // In the same window: only what stands behind the # is another.
  await page.goto(link);
  await page.click('button');
  assert.equal(await page.textContent('h1'), 'This link has expired');
});
