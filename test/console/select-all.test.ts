import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../support/axe.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { gate } from '../support/request-gate.ts';
import { waitFor } from '../support/wait-for.ts';

/** The responses to a browser are not recorded. */
const OPTIONS = { responsesDiffer: 'requests of the browser are not compared', timeout: 120_000 };

/** More than a page of a list has. */
const COUNT = 112;

/** The height of two rows of buttons under a finger, with the space around them. */
const TWO_ROWS_PX = 2 * 40 + 3 * 8 + 1;

async function consoleWithTasks(t: TestContext): Promise<TestConsole | undefined> {
  const opened = await testConsole(t);
  if (opened === undefined) return undefined;
  await opened.post('/users', JOHN);
  const tasks = Array.from({ length: COUNT }, (_, index) => ({
    ...{ ...REPORT, taskTitle: `Task ${index + 1}` },
    dueDate: new Date(Date.UTC(2030, 0, 1, 0, index)).toISOString(),
  }));
  await opened.post('/tasks/batch', { tasks });
  return opened;
}

async function selectLoaded(page: Page): Promise<void> {
  await page.getByRole('row', { name: 'Task 1 ' }).first().waitFor();
  await page.keyboard.press('Control+a');
}

async function exportedLines(page: Page): Promise<string[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  const [, ...lines] = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  return lines;
}

testOnBothDatabases('all tasks that match are selected, exported, changed and deleted', OPTIONS, async (t) => {
  const opened = await consoleWithTasks(t);
  if (opened === undefined) return;
  const countOf = async (status: string) => {
    const url = `/tasks?taskStatus=${status}&_perPage=1`;
    const { headers } = await opened.request({ url, headers: { prefer: 'count=exact' } });
    return Number(headers['x-total-count']);
  };
  const page = await opened.open('/tasks', { reducedMotion: 'reduce' });
  await selectLoaded(page);
  await page.getByRole('region', { name: '100 of 112 selected' }).waitFor();
  await assertAccessible(page, 'a part of the tasks is selected');
  await page.getByRole('button', { name: 'Select all 112' }).click();
  await page.getByRole('region', { name: '112 selected', exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Select all 112' }).count(), 0);
  const titles = (await exportedLines(page)).map((line) => line.split(',')[1]);
  assert.deepEqual(
    titles,
    Array.from({ length: COUNT }, (_, index) => `Task ${index + 1}`),
  );

  const batch = page.waitForRequest(/\/tasks\/batch$/);
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'Set the status of 112 tasks' }).waitFor();
  await page.keyboard.press('3');
  const { tasks } = (await batch).postDataJSON();
  assert.deepEqual(
    tasks,
    Array.from({ length: COUNT }, (_, index) => ({ taskId: index + 1, taskStatus: 'BLOCKED', ifMatch: '"1"' })),
  );
  await waitFor(async () => (await countOf('BLOCKED')) === COUNT, { message: 'not all tasks are blocked' });

  await page.getByText('112 tasks: Blocked').first().waitFor();
  await page.keyboard.press('Delete');
  await page.getByText('112 tasks deleted').waitFor();
  await page.close({ runBeforeUnload: true });
  await waitFor(async () => (await countOf('BLOCKED')) === 0, { message: 'not all tasks are deleted' });
});

test('reading all tasks can be stopped, and ends with other filters', { timeout: 120_000 }, async (t) => {
  const opened = await consoleWithTasks(t);
  if (opened === undefined) return;
  const page = await opened.open('/tasks', { reducedMotion: 'reduce' });
  const selectAll = page.getByRole('button', { name: 'Select all 112' });
  await selectLoaded(page);
  const reads = await gate(page, /\/tasks\?_sort=dueDate$/);
  await selectAll.click();
  await reads.waiting;
  await page.getByRole('progressbar', { name: '0 of 112 read' }).waitFor();
  await assertAccessible(page, 'tasks are read');
  // Nothing acts on a part meanwhile.
  assert.equal(await page.getByRole('button', { name: 'Export' }).count(), 0);
  await page.getByRole('button', { name: 'Stop' }).click();
  await selectAll.waitFor();
  await page.getByRole('region', { name: '100 of 112 selected' }).waitFor();
  assert.equal((await exportedLines(page)).length, 100);
  // A task that is left out on purpose is not offered.
  await page.getByRole('row', { name: 'Task 1 ' }).first().getByRole('checkbox').click();
  await page.getByRole('region', { name: '99 selected', exact: true }).waitFor();

  await page.keyboard.press('Control+a');
  await selectAll.click();
  await page.keyboard.press('/');
  await page.keyboard.type('Task 7');
  await page.getByRole('region', { name: '100 selected' }).waitFor();
  reads.open();
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: '100 of 112 selected' }).waitFor();
});

test('the console says how many tasks can be selected', { timeout: 120_000 }, async (t) => {
  const opened = await consoleWithTasks(t);
  if (opened === undefined) return;
  const page = await opened.open('/tasks', {
    prepare: async (prepared) => {
      await prepared.route(/\/tasks\?/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), 'x-total-count': '10001' } });
      });
    },
  });
  await selectLoaded(page);
  await page.getByRole('button', { name: 'Select all 10,001' }).click();
  await page.getByText('At most 10,000 tasks can be selected').waitFor();
  await page.getByText('task-api export tasks').waitFor();
  await page.getByRole('region', { name: '100 of 10,001 selected' }).waitFor();
});

for (const [locale, texts] of Object.entries({
  en: { all: 'Select all 112', clear: 'Clear selection', due: 'Move due date', day: '1 day later' },
  de: {
    ...{ all: 'Alle 112 auswählen', clear: 'Auswahl aufheben', due: 'Fälligkeit verschieben' },
    day: '1 Tag später',
  },
})) {
  test(`on a phone, what acts on tasks has at most two rows: ${locale}`, { timeout: 120_000 }, async (t) => {
    const opened = await consoleWithTasks(t);
    if (opened === undefined) return;
    const page = await opened.open('/tasks', {
      ...{ locale, viewport: { width: 360, height: 740 }, hasTouch: true, reducedMotion: 'reduce' },
    });
    await selectLoaded(page);
    await page.getByRole('button', { name: texts.all }).waitFor();
    const bar = page.getByRole('region', { name: '112' });
    const checkHeight = async () => {
      const { height = 0 } = (await bar.boundingBox()) ?? {};
      assert.ok(height > 0 && height <= TWO_ROWS_PX, `the bar is ${height} px high`);
      assert.equal(await bar.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth), 0);
    };
    await checkHeight();
    await assertAccessible(page, 'selection on a phone');

    await bar.getByRole('button', { name: texts.due }).click();
    await page.getByRole('menuitem', { name: texts.day }).click();
    const message = await page.getByRole('dialog').filter({ hasText: '100' }).boundingBox();
    const { y = 0 } = (await bar.boundingBox()) ?? {};
    assert.ok(message !== null && message.y + message.height <= y, 'the message covers the bar');

    const reads = await gate(page, /\/tasks\?_sort=dueDate$/);
    await page.getByRole('button', { name: texts.all }).click();
    await reads.waiting;
    await page.getByRole('progressbar').waitFor();
    await checkHeight();
    await page.getByRole('button', { name: texts.clear }).click();

    await page.getByRole('row', { name: 'Task 1 ' }).first().click();
    const panel = page.locator('[aria-labelledby="task-title"]');
    const boxes = (await panel.getByRole('button').all()).slice(0, 4).map((button) => button.boundingBox());
    const rows = new Set((await Promise.all(boxes)).map((box) => box?.y));
    assert.equal(rows.size, 1);
  });
}
