import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { parseBlocks } from '../docs/markdown.ts';
import { testApp } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { JOHN } from '../support/examples.ts';

/** The module from the documentation, with the URL of this service. */
function documentedModule(url: string): string {
  const text = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
  const [block] = parseBlocks(text).filter(({ language }) => language === 'javascript');
  assert.ok(block);
  return block.text.replaceAll('http://localhost:3000', url);
}

/** Serves an empty page until the test ends, and returns its origin. */
async function servePage(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><link rel="icon" href="data:,"><title>x</title>');
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the documented browser client follows events across origins, lost connections and a 410', {
  timeout: 60_000,
}, async (t) => {
  const browser = await openBrowser(t);
  if (browser === undefined) return;
  const origin = await servePage(t);
  const settings = { corsOrigins: origin };
  const { app, post, patch, store, clock } = await testApp(t, { acceptDevelopmentToken: true, settings });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await post('/users', JOHN);

  const page = await browser.newPage();
  const printed: string[] = [];
  const waiting = new Map<string, () => void>();
  page.on('console', (message) => {
    if (message.type() !== 'log') return;
    printed.push(message.text());
    waiting.get(message.text())?.();
  });
  const shows = (text: string) => new Promise<void>((resolve) => waiting.set(text, resolve));
  const requests: Record<string, string>[] = [];
  page.on('request', (request) => {
    if (request.method() === 'GET') requests.push(request.headers());
  });
  await page.goto(origin);
  // The module stops at the event with the name Grace, which this test sends last.
  const module = documentedModule(url).replace(
    "JSON.stringify({ firstName: 'Grace' })",
    "JSON.stringify({ firstName: 'Ada' })",
  );
  const first = shows('user.updated Ada');
  const ended = page.addScriptTag({ type: 'module', content: `${module}\nconsole.log('ended');` });
  await first;

  const second = shows('user.updated Jean');
  app.server.closeAllConnections();
  await patch('/users/1', { firstName: 'Jean' });
  await second;

  // Events during the lost connection are pruned before the client reconnects.
  const third = shows('copy loaded');
  await page.context().setOffline(true);
  app.server.closeAllConnections();
  await patch('/users/1', { firstName: 'Never seen' });
  clock.now += 1;
  await patch('/users/1', { firstName: 'Nor this' });
  while (await store.changes.prune(clock.now));
  await page.context().setOffline(false);
  await third;
  const last = shows('ended');
  await patch('/users/1', { firstName: 'Grace' });
  await last;
  await ended;
  assert.deepEqual(printed, [
    ...['copy loaded', 'user.updated Ada', 'user.updated Jean', 'copy loaded', 'user.updated Grace', 'ended'],
  ]);
  const ids = requests.map((headers) => headers['last-event-id']).filter((id) => id !== undefined);
  assert.ok(new Set(ids).size >= 3, `it asked with Last-Event-ID ${ids}`);
});
