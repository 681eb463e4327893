import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** The test may be run as root, and the browser is to ask nobody for anything. */
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
 * A browser, closed when the test ends. Undefined on a machine without Chromium, where the test is skipped, except in CI,
 * where that must not go unnoticed.
 */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) {
    assert.ok(!process.env.CI, `CI must look at the pages, and there is no ${CHROMIUM}`);
    t.skip(`THE PAGES WERE NOT LOOKED AT: there is no ${CHROMIUM}`);
    return undefined;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  t.after(() => browser.close());
  return browser;
}
