import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import type { Task } from '../../client/src/index.ts';
import { TaskApi } from '../../client/src/index.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { waitFor } from '../support/wait-for.ts';

/** The responses to a browser are not recorded. */
const OPTIONS = { responsesDiffer: 'requests of the browser are not compared', timeout: 120_000 };

interface TasksConsole extends TestConsole {
  api: TaskApi;
  /** Opens a page whose clock is that of the service. */
  openTasks: (query?: string) => Promise<Page>;
  /** Waits until a task has these values. */
  becomes: (taskId: number, values: Partial<Task>) => Promise<void>;
}

/** The console, with two users, and tasks that are due one hour after the other from now. */
async function tasksConsole(t: TestContext, titles: readonly string[]): Promise<TasksConsole | undefined> {
  const found = await testConsole(t);
  if (found === undefined) return undefined;
  const api = new TaskApi({ baseUrl: found.url, token: await found.token() });
  await api.users.createBatch([
    { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' },
    { firstName: 'Grace', lastName: 'Hopper', contactEmail: 'grace@example.com' },
  ]);
  const tasks = titles.map((taskTitle, index) => ({
    ...{ userId: 1, taskTitle, warningOffset: 0 },
    dueDate: new Date(found.clock.now + (index + 1) * 3_600_000).toISOString(),
  }));
  if (tasks.length > 0) await api.tasks.createBatch(tasks);
  const openTasks = (query = '') => found.open(`/tasks${query}`, { now: found.clock.now });
  const becomes: TasksConsole['becomes'] = async (taskId, values) => {
    const isSo = async () => {
      const task = await api.tasks.get(taskId);
      return Object.entries(values).every(([name, value]) => task[name as keyof Task] === value);
    };
    await waitFor(isSo, { message: `task ${taskId} does not become ${JSON.stringify(values)}` });
  };
  return { ...found, api, openTasks, becomes };
}

const row = (page: Page, title: string) => page.getByRole('row', { name: title });
const card = (page: Page, title: string) => page.getByRole('listitem').filter({ hasText: title });
const column = (page: Page, name: string) => page.getByRole('region', { name });

testOnBothDatabases('a task is created, moved on the board and completed with keys alone', OPTIONS, async (t) => {
  const found = await tasksConsole(t, []);
  if (found === undefined) return;
  const { api, openTasks, becomes } = found;
  const page = await openTasks();
  await page.getByText('No tasks yet').waitFor();

  await page.keyboard.press('c');
  await page.getByRole('dialog', { name: 'New task' }).waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByText('Required', { exact: true }).first().waitFor();
  await page.keyboard.type("Write <b>the</b> 'notes'");
  await page.keyboard.press('Tab');
  await page.keyboard.type('love');
  await page.getByRole('option', { name: 'Ada Lovelace' }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('tomorrow 9');
  await page.getByText('Monday, 2 March 2026 at').waitFor();
  await page.keyboard.press('Control+Enter');
  await row(page, 'Write <b>the</b>').waitFor();
  const { items } = await api.tasks.listPage();
  assert.deepEqual(items, [
    {
      ...{ taskId: items[0]?.taskId, userId: 1, taskTitle: "Write <b>the</b> 'notes'", taskStatus: 'NOT_STARTED' },
      ...{ dueDate: '2026-03-02T09:00:00+01:00', warningOffset: 0 },
    },
  ]);
  const taskId = items[0]?.taskId as number;

  await page.keyboard.press('Escape');
  await page.keyboard.press('b');
  await card(page, 'Write').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+ArrowRight');
  await column(page, 'In progress').getByText('Write').waitFor();
  await becomes(taskId, { taskStatus: 'IN_PROGRESS' });
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'Set status' }).waitFor();
  await page.keyboard.press('5');
  await column(page, 'Completed').getByText('Write').waitFor();
  await becomes(taskId, { taskStatus: 'COMPLETED' });

  await page.keyboard.press('d');
  await page.getByRole('dialog', { name: 'Set due date' }).waitFor();
  await page.keyboard.type('+3d');
  await page.keyboard.press('Enter');
  // The time of day is kept.
  await becomes(taskId, { dueDate: '2026-03-04T09:00:00+01:00' });
  await page.getByText('Due date moved').waitFor();
  await page.keyboard.press('Control+z');
  await becomes(taskId, { dueDate: '2026-03-02T09:00:00+01:00' });
});

testOnBothDatabases('cards are dragged, rows are selected in ranges, and changes are undone', OPTIONS, async (t) => {
  const found = await tasksConsole(t, ['One', 'Two', 'Three', 'Four', 'Five']);
  if (found === undefined) return;
  const { api, openTasks, becomes } = found;
  const statuses = async () =>
    (await api.tasks.listPage({ sort: 'dueDate' })).items.map(({ taskStatus }) => taskStatus);
  const page = await openTasks('?layout=board');
  await card(page, 'Two').dragTo(column(page, 'Blocked'));
  await column(page, 'Blocked').getByText('Two').waitFor();
  await becomes(2, { taskStatus: 'BLOCKED' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await column(page, 'Not started').getByText('Two').waitFor();
  await becomes(2, { taskStatus: 'NOT_STARTED' });
  // Onto a day: at the same time of day.
  await card(page, 'Three').dragTo(page.locator('[data-day="2026-03-05"]'));
  await becomes(3, { dueDate: '2026-03-05T16:00:00+01:00' });
  await page.keyboard.press('Control+z');
  await becomes(3, { dueDate: '2026-03-01T15:00:00.000Z' });

  await page.getByRole('button', { name: 'Table' }).click();
  await row(page, 'Two').getByRole('checkbox').click();
  await row(page, 'Four').click({ modifiers: ['Shift'] });
  await page.getByText('3 selected').waitFor();
  assert.equal(await page.locator('[data-selected="true"]').count(), 3);
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'Set the status of 3 tasks' }).waitFor();
  await page.keyboard.press('3');
  const blocked = 'NOT_STARTED,BLOCKED,BLOCKED,BLOCKED,NOT_STARTED';
  await waitFor(async () => (await statuses()).join() === blocked, { message: 'three tasks are not blocked' });
  await page.keyboard.press('Control+z');
  const isUndone = async () => (await statuses()).every((status) => status === 'NOT_STARTED');
  await waitFor(isUndone, { message: 'the batch is not undone' });

  // With keys: from the first row to the third.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+J');
  await page.keyboard.press('Shift+J');
  await page.getByText('3 selected').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  const [header, ...lines] = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  assert.equal(header, 'ownerEmail,taskTitle,taskDescription,taskStatus,dueDate,warningOffset');
  assert.equal(lines[0], 'ada@example.com,One,,NOT_STARTED,2026-03-01T13:00:00.000Z,0');
  assert.equal(lines.length, 3);

  // A deletion is sent only when it can no longer be undone.
  await page.getByRole('region', { name: '3 selected' }).getByRole('button', { name: 'Delete' }).click();
  await page.getByText('3 tasks deleted').waitFor();
  await page.keyboard.press('Control+z');
  await page.locator('del').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Home');
  await page.keyboard.press('Delete');
  await page.getByText('Task deleted').waitFor();
  await page.close({ runBeforeUnload: true });
  const isDeleted = async () => (await statuses()).length === 4;
  await waitFor(isDeleted, { message: 'the task is not deleted when the page is closed' });
});

testOnBothDatabases('two browsers edit a task, and the second chooses field by field', OPTIONS, async (t) => {
  const found = await tasksConsole(t, ['Plan']);
  if (found === undefined) return;
  const { openTasks, becomes } = found;
  const [first, second] = [await openTasks(), await openTasks('?task=1')];
  await second.getByRole('button', { name: 'Edit' }).click();
  await second.getByLabel('Title').fill('Second');
  await second.getByLabel('Description').fill('Of the second');

  await row(first, 'Plan').waitFor();
  await first.keyboard.press('j');
  await first.keyboard.press('e');
  await first.getByLabel('Title').fill('First');
  await first.getByRole('textbox', { name: 'Due' }).fill('3 mar 10:00');
  await first.keyboard.press('Control+Enter');
  await becomes(1, { taskTitle: 'First', dueDate: '2026-03-03T10:00:00+01:00' });

  await second.keyboard.press('Control+Enter');
  const dialog = second.getByRole('dialog', { name: 'This has changed' });
  const save = dialog.getByRole('button', { name: 'Save the result' });
  await dialog.getByRole('row', { name: 'Title' }).getByText('Second').waitFor();
  assert.equal(await save.isDisabled(), true);
  await dialog.getByRole('row', { name: 'Title' }).getByText('First').click();
  await save.click();
  await becomes(1, {
    ...{ taskTitle: 'First', taskDescription: 'Of the second', dueDate: '2026-03-03T10:00:00+01:00' },
  });
  // The other browser shows it without being asked.
  await first.getByRole('row', { name: 'First' }).click();
  await first.getByText('Of the second').first().waitFor();
});

testOnBothDatabases('the list of tasks is searched and filtered, and its URL keeps that', OPTIONS, async (t) => {
  const found = await tasksConsole(t, ['Alpha', 'Beta', 'Gamma']);
  if (found === undefined) return;
  const { api, openTasks, clock } = found;
  await api.tasks.update(2, { taskStatus: 'BLOCKED', userId: 2 });
  await api.tasks.update(3, { dueDate: new Date(clock.now - 1).toISOString() });
  const page = await openTasks();
  await row(page, 'Gamma').waitFor();
  await page.getByRole('button', { name: 'Overdue 1' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('alp');
  await page.getByRole('status').filter({ hasText: '1 task' }).waitFor();
  await page.keyboard.press('Escape');
  await row(page, 'Beta').waitFor();

  await page.getByRole('button', { name: 'Status' }).first().click();
  await page.getByRole('menuitemradio', { name: 'Blocked' }).click();
  await page.waitForURL(/status=BLOCKED/);
  await page.reload();
  await row(page, 'Beta').waitFor();
  assert.equal(await page.locator('[data-selected]').count(), 1);
  await page.getByRole('button', { name: 'Remove filter Status' }).click();
  await row(page, 'Alpha').waitFor();
  await page.goBack();
  await page.getByRole('status').filter({ hasText: '1 task' }).waitFor();
  await page.getByRole('button', { name: 'Remove filter Status' }).click();

  await page.getByRole('button', { name: 'Due', exact: true }).first().click();
  await page.getByRole('button', { name: 'Tomorrow' }).click();
  await page.waitForURL(/due=tomorrow/);
  await page.getByLabel('Another day').fill('today');
  await page.waitForURL(/due=2026-03-01/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove filter Due' }).click();
  await page.waitForURL((url) => !url.search.includes('due='));

  await page.getByRole('button', { name: 'Overdue 1' }).click();
  await page.waitForURL(/view=overdue/);
  await page.getByRole('status').filter({ hasText: '1 task' }).waitFor();
  await row(page, 'Gamma').click();
  await page.waitForURL(/task=3/);
  await page.getByRole('heading', { name: 'Gamma' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Gamma' }).waitFor({ state: 'detached' });
});

testOnBothDatabases(
  'a dropped CSV file is mapped, previewed and imported, with its rejected rows',
  OPTIONS,
  async (t) => {
    const found = await tasksConsole(t, []);
    if (found === undefined) return;
    const { api, openTasks } = found;
    const page = await openTasks();
    await page.getByText('No tasks yet').waitFor();
    const csv =
      'Task;Fällig;Owner;Mark\n"One";"3 dec 14:00";ada@example.com;x\nTwo;never;ada@example.com;\nThree;+1d;x@example.com;\n';
    const transfer = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'plan.csv', { type: 'text/csv' }));
      return data;
    }, csv);
    const main = page.locator('main > div');
    await main.dispatchEvent('dragenter', { dataTransfer: transfer });
    await page.getByText('Drop a CSV file to import it').waitFor();
    await main.dispatchEvent('drop', { dataTransfer: transfer });
    const dialog = page.getByRole('dialog', { name: 'Import plan.csv' });
    await dialog.getByText('The file has 3 rows. 1 row is rejected.').waitFor();
    await dialog.getByText('The field `dueDate` must be an ISO 8601 date and time').waitFor();
    await dialog.getByRole('button', { name: 'Import 2 rows' }).click();
    await dialog.getByText('1 row was imported. 2 rows are rejected.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save rejected rows' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'plan-rejects.csv');
    assert.match(readFileSync(await download.path(), 'utf8'), /^Three,\+1d,x@example.com,,4,ownerEmail,/m);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await row(page, 'One').waitFor();
    const { items } = await api.tasks.listPage();
    assert.deepEqual(
      items.map(({ taskTitle, dueDate }) => [taskTitle, dueDate]),
      [['One', '2026-12-03T14:00:00+01:00']],
    );
  },
);
