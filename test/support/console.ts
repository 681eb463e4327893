import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { type TestApp, type TestAppOptions, testApp } from './app.ts';
import { openBrowser } from './browser.ts';

const BUILD = join(import.meta.dirname, '../../console/dist/index.html');

interface OpenOptions extends BrowserContextOptions {
  /** The time that the page shows and calculates with, in milliseconds since the epoch. The real time by default. */
  now?: number;
  /** Prepares the page before it is opened. */
  prepare?: (page: Page) => Promise<void>;
}

export interface TestConsole extends TestApp {
  /** The URL of the service. */
  url: string;
  /** Opens a page of the console, such as `/tasks`, in a context of its own: nothing is shared with other pages. */
  open: (path?: string, options?: OpenOptions) => Promise<Page>;
  /** What pages have complained about: errors, warnings, and requests to other hosts. The test fails if there is any. */
  errors: string[];
}

/**
 * The console in Chromium, on a service in development mode, which signs in by itself. Undefined without Chromium: the
 * test is skipped then.
 */
export async function testConsole(t: TestContext, options: TestAppOptions = {}): Promise<TestConsole | undefined> {
  assert.ok(existsSync(BUILD), 'the console is not built; run: npm run build:console');
  const browser = await openBrowser(t);
  if (browser === undefined) return undefined;
  const app = await testApp(t, { acceptDevelopmentToken: true, ...options });
  const url = await app.app.listen({ host: '127.0.0.1', port: 0 });
  const errors: string[] = [];
  t.after(() => assert.deepEqual(errors, []));

  const open: TestConsole['open'] = async (path = '/', { now, prepare, ...contextOptions } = {}) => {
    const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...contextOptions });
    if (now !== undefined) await page.clock.setFixedTime(now);
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) errors.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      // A rejected request is an error for the browser, but not for the console.
      const isResponse = message.text().startsWith('Failed to load resource');
      if (!isResponse && ['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    await prepare?.(page);
    await page.goto(`${url}/console${path}`);
    return page;
  };
  return { ...app, url, open, errors };
}
