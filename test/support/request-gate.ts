import type { Page } from 'playwright-core';

interface Gate {
  /** Lets the requests through. */
  open: () => void;
  /** Is fulfilled when a request waits. */
  waiting: Promise<void>;
}

/** Stops the requests of a page whose URL matches until `open` is called. */
export async function gate(page: Page, url: RegExp, method = 'GET'): Promise<Gate> {
  const opened = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    if (route.request().method() === method) {
      waiting.resolve();
      await opened.promise;
    }
    await route.continue();
  });
  return { open: opened.resolve, waiting: waiting.promise };
}
