import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** The tests may run as root, and the browser must not send requests of its own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a browser that is closed when the test ends. Without Chromium it returns undefined and skips the test; with
 * `CI=true` the test fails.
 */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) {
    assert.ok(!process.env.CI, `CI must test the pages in a browser: install ${CHROMIUM}`);
    t.skip(`NOT TESTED IN A BROWSER: ${CHROMIUM} is not installed`);
    return undefined;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  t.after(() => browser.close());
  return browser;
}
