import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, type TestContext } from 'node:test';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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

/** What a test opens is closed when it ends, and shares nothing with other tests: neither cookies, storage nor cache. */
export interface TestBrowser {
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A page in a context of its own. */
  newPage: (options?: BrowserContextOptions) => Promise<Page>;
}

let launched: Promise<Browser> | undefined;

after(async () => (await launched)?.close());

/**
 * The browser of this process, which starts with the first test that needs one. Without Chromium it returns undefined and
 * skips the test; with `CI=true` the test fails.
 */
export async function openBrowser(t: TestContext): Promise<TestBrowser | undefined> {
  if (!existsSync(CHROMIUM)) {
    assert.ok(!process.env.CI, `CI must test the pages in a browser: install ${CHROMIUM}`);
    t.skip(`NOT TESTED IN A BROWSER: ${CHROMIUM} is not installed`);
    return undefined;
  }
  // After a crash, the other tests get a new one.
  if ((await launched)?.isConnected() !== true) {
    launched = chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  }
  const browser = (await launched) as Browser;
  const contexts: BrowserContext[] = [];
  t.after(() => Promise.all(contexts.map((context) => context.close())));
  const newContext = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext(options);
    contexts.push(context);
    return context;
  };
  return { newContext, newPage: async (options) => (await newContext(options)).newPage() };
}
