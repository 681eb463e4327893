import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { testConsole } from '../support/console.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';

const OPTIONS = { timeout: 120_000 };
const TASKS = 100_000;

/** More rows than fit on the screen, with those that are kept ready above and below. */
const MAX_ROWS = 60;

/** Counts dates that are formatted, as each row formats some, and timers. */
const COUNTERS = `
  globalThis.formatted = 0;
  globalThis.timers = new Map();
  const { get } = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format');
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    get() {
      globalThis.formatted++;
      return get.call(this);
    },
  });
  const { setInterval: set, clearInterval: clear } = globalThis;
  globalThis.setInterval = (run, delay) => {
    const id = set(run, delay);
    timers.set(id, delay);
    return id;
  };
  globalThis.clearInterval = (id) => {
    timers.delete(id);
    clear(id);
  };
`;

/** A table of many tasks, one due each minute. */
async function openManyTasks(t: TestContext): Promise<Page | undefined> {
  const opened = await testConsole(t);
  if (opened === undefined) return undefined;
  await opened.post('/users', JOHN);
  await opened.sql(`
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${TASKS - 1})
    INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
    SELECT 1, 'Task ' || n, 'NOT_STARTED', strftime('%Y-%m-%dT%H:%M:%SZ', 1900000000 + n * 60, 'unixepoch'),
      (1900000000 + n * 60) * 1000000, 0, 0
    FROM numbers`);
  const page = await opened.open('/tasks', {
    viewport: { width: 1280, height: 800 },
    prepare: async (prepared) => {
      await prepared.addInitScript(COUNTERS);
    },
  });
  await page.getByText('100,000 tasks').waitFor();
  await page.getByRole('row', { name: 'Task 0' }).waitFor();
  // The name of the owner, which renders the rows again.
  await page.getByText('John Doe').first().waitFor();
  return page;
}

const countRows = (page: Page) => page.getByRole('row').count();
const countFormatted = (page: Page) => page.evaluate<number>('formatted');

test('of 100,000 tasks, only the rows in view exist', OPTIONS, async (t) => {
  const page = await openManyTasks(t);
  if (page === undefined) return;
  assert.ok((await countRows(page)) <= MAX_ROWS, `${await countRows(page)} rows`);
  await page.keyboard.press('End');
  await page.getByRole('row', { name: 'Task 99999' }).waitFor();
  assert.ok((await countRows(page)) <= MAX_ROWS, `${await countRows(page)} rows`);
  await page.getByRole('grid').evaluate((grid) => grid.scrollTo({ top: grid.scrollHeight / 2 }));
  await page.getByRole('row', { name: 'Task 50000' }).waitFor();
  assert.ok((await countRows(page)) <= MAX_ROWS, `${await countRows(page)} rows`);
});

test('a step of the cursor renders no other rows, and a scroll only the new ones', OPTIONS, async (t) => {
  const page = await openManyTasks(t);
  if (page === undefined) return;
  await page.keyboard.press('j');
  await page.locator('[data-cursor="true"]').waitFor();
  const perRow = (await countFormatted(page)) / (await countRows(page));
  assert.ok(perRow > 0, 'no dates are counted');

  const before = await countFormatted(page);
  await page.keyboard.press('j');
  await page.locator('[aria-rowindex="3"][data-cursor="true"]').waitFor();
  const byKey = (await countFormatted(page)) - before;
  assert.ok(byKey <= 2 * perRow, `a key rendered ${byKey / perRow} rows`);

  const beforeScroll = await countFormatted(page);
  const rows = await countRows(page);
  await page.getByRole('grid').evaluate((grid) => grid.scrollBy({ top: 36 * 3, behavior: 'instant' }));
  await page.getByRole('row', { name: `Task ${rows}` }).waitFor();
  const byScroll = (await countFormatted(page)) - beforeScroll;
  assert.ok(byScroll <= 6 * perRow, `a scroll by three rows rendered ${byScroll / perRow} rows`);
});

test('all dates of a list have one timer', OPTIONS, async (t) => {
  const page = await openManyTasks(t);
  if (page === undefined) return;
  const timers = () => page.evaluate<number[]>('[...timers.values()]');
  const minutes = (await timers()).filter((delay) => delay === 5_000);
  assert.equal(minutes.length, 1);
  // None is left on a page without dates.
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await waitFor(async () => (await timers()).every((delay) => delay !== 5_000), { message: 'a timer is left' });
});
