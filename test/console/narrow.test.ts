import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testConsole } from '../support/console.ts';
import { createSceneData } from './scenes.ts';

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen';

/** The pages, and what is shown when they are complete. */
const PAGES: Readonly<Record<string, string>> = {
  ...{
    '/': 'Start',
    '/tasks': LONG,
    '/tasks?layout=board': LONG,
    '/tasks?task=1': 'task.created',
    '/tasks/1': 'task.created',
  },
  ...{ '/users': LONG, '/users/1': 'task.created', '/events': 'task.updated', '/audit': LONG },
  ...{ '/webhooks': 'https://hooks.', '/webhooks/1': 'task.created', '/tokens': 'admin', '/health': 'SQLite' },
};

/** What can be scrolled sideways without being made for it: the page and its content. */
const WIDER = `[document.documentElement, document.querySelector('main')]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => element.tagName + ' ' + element.scrollWidth)`;

for (const locale of ['en', 'de']) {
  test(`no page is wider than 360 pixels (${locale})`, { timeout: 120_000 }, async (t) => {
    const opened = await testConsole(t);
    if (opened === undefined) return;
    await createSceneData(opened);
    await opened.patch('/tasks/1', { taskTitle: LONG, taskDescription: LONG.repeat(4) });
    await opened.patch('/users/1', { lastName: LONG });
    const viewport = { width: 360, height: 780 };
    const page = await opened.open('/', { now: opened.clock.now, viewport, isMobile: true, hasTouch: true, locale });
    for (const [path, text] of Object.entries(PAGES)) {
      await page.goto(`${opened.url}/console${path}`);
      await page.locator('main').getByText(text).filter({ visible: true }).first().waitFor();
      assert.deepEqual(await page.evaluate(WIDER), [], path);
    }
  });
}
