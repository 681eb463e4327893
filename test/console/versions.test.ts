import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../support/axe.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { gate } from '../support/request-gate.ts';
import { waitFor } from '../support/wait-for.ts';

/** The responses to a browser are not recorded. */
const OPTIONS = { responsesDiffer: 'requests of the browser are not compared', timeout: 120_000 };

/** A console with a user and tasks, `Task 1` and so on. */
async function consoleWithTasks(t: TestContext, count: number): Promise<TestConsole | undefined> {
  const opened = await testConsole(t);
  if (opened === undefined) return undefined;
  await opened.post('/users', JOHN);
  const tasks = Array.from({ length: count }, (_, index) => ({
    ...{ ...REPORT, taskTitle: `Task ${index + 1}` },
    dueDate: new Date(Date.UTC(2030, 0, 1, 0, index)).toISOString(),
  }));
  await opened.post('/tasks/batch', { tasks });
  return opened;
}

/** A page that does not learn of what others change: without the event stream. */
function openWithoutEvents(opened: TestConsole, path: string): Promise<Page> {
  return opened.open(path, {
    reducedMotion: 'reduce',
    prepare: async (page) => {
      await page.route('**/events**', (route) => route.abort());
    },
  });
}

async function read({ request }: TestConsole, url: string): Promise<Record<string, unknown>> {
  return (await request({ url })).json();
}

async function becomesGone({ request }: TestConsole, url: string): Promise<void> {
  const isGone = async () => (await request({ url })).statusCode === 404;
  await waitFor(isGone, { message: `${url} is not deleted` });
}

testOnBothDatabases('a change of 150 tasks asks about those that others have changed meanwhile', OPTIONS, async (t) => {
  const opened = await consoleWithTasks(t, 150);
  if (opened === undefined) return;
  const page = await openWithoutEvents(opened, '/tasks');
  await page.getByText('150 tasks', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await page.getByRole('row', { name: 'Task 150' }).waitFor();
  await page.keyboard.press('Control+a');
  await page.getByText('150 selected').waitFor();
  await opened.patch('/tasks/3', { taskTitle: 'Before' });

  const batches = await gate(page, /\/tasks\/batch$/, 'PATCH');
  const batch = page.waitForRequest(/\/tasks\/batch$/);
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'Set the status of 150 tasks' }).waitFor();
  await page.keyboard.press('3');
  await batches.waiting;
  // After the versions were read.
  await opened.patch('/tasks/7', { taskTitle: 'Between', taskStatus: 'DEFERRED' });
  batches.open();
  const { tasks } = (await batch).postDataJSON();
  const others = Array.from({ length: 150 }, (_, index) => index + 1).filter((taskId) => taskId !== 3);
  assert.deepEqual(
    tasks,
    others.map((taskId) => ({ taskId, taskStatus: 'BLOCKED', ifMatch: '"1"' })),
  );

  const dialog = page.getByRole('dialog', { name: '2 tasks were changed by someone else meanwhile' });
  await dialog.getByRole('row', { name: 'Title Task 3 Before' }).waitFor();
  await dialog.getByRole('row', { name: 'Status Not started Deferred Blocked' }).waitFor();
  await assertAccessible(page, 'tasks that others have changed');
  await dialog.getByRole('checkbox', { name: 'Before #3' }).uncheck();
  await dialog.getByRole('button', { name: 'Apply to 1 anyway' }).click();
  await dialog.waitFor({ state: 'detached' });
  const isChanged = async () => (await read(opened, '/tasks/7')).taskStatus === 'BLOCKED';
  await waitFor(isChanged, { message: 'the chosen task is not changed' });
  assert.equal((await read(opened, '/tasks/7')).taskTitle, 'Between');
  const { taskTitle, taskStatus } = await read(opened, '/tasks/3');
  assert.deepEqual([taskTitle, taskStatus], ['Before', 'NOT_STARTED']);
  const { tasks: left } = await read(opened, '/tasks?taskStatus=NOT_STARTED,DEFERRED');
  assert.equal((left as unknown[]).length, 1);
  await page.getByText('148 tasks: Blocked').first().waitFor();
});

testOnBothDatabases(
  'a task that others change before it is deleted is deleted only if that is chosen',
  OPTIONS,
  async (t) => {
    const opened = await consoleWithTasks(t, 2);
    if (opened === undefined) return;
    const page = await openWithoutEvents(opened, '/tasks');
    await page.getByRole('row', { name: 'Task 2' }).waitFor();
    const dialog = page.getByRole('dialog', { name: '1 task was changed by someone else meanwhile' });
    const firstIsGone = page.waitForRequest((request) => request.method() === 'DELETE');
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+J');
    await page.keyboard.press('Delete');
    await page.getByText('2 tasks deleted').waitFor();
    await opened.patch('/tasks/2', { taskTitle: 'Changed' });
    assert.equal((await firstIsGone).headers()['if-match'], '"1"');
    await dialog.getByRole('row', { name: 'Title Task 2 Changed' }).waitFor();
    await assertAccessible(page, 'a deletion of what others have changed');
    await dialog.getByRole('button', { name: 'Leave as it is' }).click();
    await page.getByRole('row', { name: 'Changed' }).waitFor();
    assert.equal((await opened.request({ url: '/tasks/1' })).statusCode, 404);
    assert.equal((await opened.request({ url: '/tasks/2' })).statusCode, 200);

    // A change that the page has not shown when the deletion is asked for.
    await opened.patch('/tasks/2', { taskTitle: 'Again' });
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await dialog.getByRole('row', { name: 'Title Changed Again' }).waitFor();
    await dialog.getByRole('button', { name: 'Delete 1 anyway' }).click();
    await page.getByText('Task deleted').waitFor();
    await page.close({ runBeforeUnload: true });
    await becomesGone(opened, '/tasks/2');
  },
);

testOnBothDatabases('a user that others have changed is deleted only if that is chosen', OPTIONS, async (t) => {
  const opened = await consoleWithTasks(t, 1);
  if (opened === undefined) return;
  const page = await openWithoutEvents(opened, '/users');
  const deleteUser = async () => {
    await page.getByRole('gridcell', { name: JOHN.contactEmail }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByText('1 task and all tokens').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  };
  const dialog = page.getByRole('dialog', { name: 'This has changed since you read it' });
  await page.getByRole('gridcell', { name: JOHN.contactEmail }).waitFor();
  await opened.patch('/users/1', { lastName: 'Smith' });
  await deleteUser();
  await dialog.getByRole('row', { name: 'Last name Doe Smith' }).waitFor();
  await dialog.getByRole('button', { name: 'Leave as it is' }).click();
  await page.getByRole('gridcell', { name: 'Smith' }).waitFor();

  const deletions = await gate(page, /\/users\/1$/, 'DELETE');
  await deleteUser();
  await deletions.waiting;
  await opened.patch('/users/1', { lastName: 'Miller' });
  deletions.open();
  await dialog.getByRole('row', { name: 'Last name Smith Miller' }).waitFor();
  await dialog.getByRole('button', { name: 'Delete 1 anyway' }).click();
  await page.getByText('was deleted').waitFor();
  await becomesGone(opened, '/users/1');
});

testOnBothDatabases('a webhook that others have changed is deleted only if that is chosen', OPTIONS, async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/webhooks', { url: 'https://hooks.example.com/tasks', events: ['task.created'] });
  const page = await openWithoutEvents(opened, '/webhooks/1');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const deletions = await gate(page, /\/webhooks\/1$/, 'DELETE');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await deletions.waiting;
  await opened.patch('/webhooks/1', { description: 'In use' });
  deletions.open();
  const dialog = page.getByRole('dialog', { name: 'This has changed since you read it' });
  await dialog.getByRole('row', { name: 'In use' }).waitFor();
  await dialog.getByRole('button', { name: 'Delete 1 anyway' }).click();
  await page.waitForURL('**/console/webhooks');
  await becomesGone(opened, '/webhooks/1');
});

testOnBothDatabases(
  'the browser asks before a page is closed that has yet to delete many tasks',
  OPTIONS,
  async (t) => {
    const opened = await consoleWithTasks(t, 201);
    if (opened === undefined) return;
    const page = await opened.open('/tasks');
    await page.getByText('201 tasks', { exact: true }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: 'Task 201' }).waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText('201 selected').waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('201 tasks deleted').waitFor();
    const question = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    assert.equal((await question).type(), 'beforeunload');
    await (await question).dismiss();
    await page.keyboard.press('Control+z');
    await page.locator('del').first().waitFor({ state: 'detached' });
    const closed = page.waitForEvent('close');
    await page.close({ runBeforeUnload: true });
    await closed;
    const { tasks } = await read(opened, '/tasks?taskId=201');
    assert.equal((tasks as unknown[]).length, 1);
  },
);
