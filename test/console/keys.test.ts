import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { gate } from '../support/request-gate.ts';
import { waitFor } from '../support/wait-for.ts';

const OPTIONS = { timeout: 120_000, responsesDiffer: 'how often the tasks are read until they have changed' };

/** A console with three tasks. */
async function threeTasks(t: TestContext): Promise<TestConsole | undefined> {
  const opened = await testConsole(t);
  if (opened === undefined) return undefined;
  await opened.post('/users', JOHN);
  await opened.post('/tasks/batch', {
    tasks: ['One', 'Two', 'Three'].map((taskTitle, index) => ({
      ...{ ...REPORT, taskTitle },
      dueDate: `2030-01-0${index + 1}T12:00:00Z`,
    })),
  });
  return opened;
}

/** Presses keys faster than a person: between two, the page does only what the first key causes at once. */
function pressAtOnce(page: Page, keys: readonly string[]): Promise<void> {
  return page.evaluate(async (pressed) => {
    for (const key of pressed) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      // Without a task in between: no timer, no message, no painting.
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }, keys);
}

const statuses = async ({ request }: TestConsole) => {
  const { tasks } = (await request({ url: '/tasks?_sort=taskId' })).json();
  return tasks.map(({ taskStatus }: { taskStatus: string }) => taskStatus).join();
};

testOnBothDatabases('what is typed while a dialog is loaded is in its fields', OPTIONS, async (t) => {
  const opened = await threeTasks(t);
  if (opened === undefined) return;
  let scripts: Awaited<ReturnType<typeof gate>> | undefined;
  const page = await opened.open('/tasks', {
    prepare: async (prepared) => {
      scripts = await gate(prepared, /assets\/(task-form|dialog-window|palette)-/);
    },
  });
  await page.getByRole('row', { name: 'Three' }).waitFor();
  await page.keyboard.press('c');
  await scripts?.waiting;
  // `s` and `d` are keys of the page.
  await page.keyboard.type('Ads & <b>');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Tab');
  await page.keyboard.type('jo');
  scripts?.open();
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.waitFor();
  await waitFor(async () => (await dialog.getByLabel('Owner').inputValue()) === 'jo', { message: 'keys are lost' });
  assert.equal(await dialog.getByLabel('Title').inputValue(), 'Ads & <b');
  assert.equal(await page.getByRole('dialog').count(), 1);
});

testOnBothDatabases('what is typed while the palette is loaded searches', OPTIONS, async (t) => {
  const opened = await threeTasks(t);
  if (opened === undefined) return;
  let scripts: Awaited<ReturnType<typeof gate>> | undefined;
  const page = await opened.open('/tasks', {
    prepare: async (prepared) => {
      scripts = await gate(prepared, /assets\/(dialog-window|palette)-/);
    },
  });
  await page.getByRole('row', { name: 'Three' }).waitFor();
  await page.keyboard.press('Control+k');
  await scripts?.waiting;
  await page.keyboard.type('go to audit');
  await page.keyboard.press('Enter');
  scripts?.open();
  await page.waitForURL('**/console/audit');
});

for (const layout of ['table', 'board']) {
  testOnBothDatabases(
    `a key acts on the task that the key before it has selected, in the ${layout}`,
    OPTIONS,
    async (t) => {
      const opened = await threeTasks(t);
      if (opened === undefined) return;
      const page = await opened.open(`/tasks?layout=${layout}`);
      await page.getByText('Three', { exact: true }).waitFor();
      // The first two are passed quickly.
      await pressAtOnce(page, ['j', 'j', 'j', 's']);
      await page.getByRole('dialog', { name: 'Set status' }).waitFor();
      await page.keyboard.press('5');
      await waitFor(async () => (await statuses(opened)) === 'NOT_STARTED,NOT_STARTED,COMPLETED', {
        message: 'another task was changed',
      });
    },
  );
}

for (const count of [1, 2]) {
  testOnBothDatabases(
    `a change of ${count === 1 ? 'one task' : 'two tasks'} is undone also before it is stored`,
    OPTIONS,
    async (t) => {
      const opened = await threeTasks(t);
      if (opened === undefined) return;
      const page = await opened.open('/tasks');
      await page.getByRole('row', { name: 'Three' }).waitFor();
      // An earlier change, which must not be undone instead.
      await page.keyboard.press('End');
      await page.keyboard.press('s');
      await page.getByRole('dialog', { name: 'Set status' }).waitFor();
      await page.keyboard.press('2');
      await page.getByText('Status: In progress').waitFor();

      const updates = await gate(page, /\/tasks\/(batch|\d+)$/, 'PATCH');
      await page.keyboard.press('Home');
      for (let selected = 1; selected < count; selected++) await page.keyboard.press('Shift+J');
      await page.keyboard.press('s');
      await page.getByRole('dialog').filter({ hasText: 'Set' }).waitFor();
      await page.keyboard.press('3');
      await updates.waiting;
      const undo = page.waitForRequest((request) => /"NOT_STARTED"/.test(request.postData() ?? ''));
      await page.keyboard.press('Control+z');
      updates.open();
      await undo;
      await waitFor(async () => (await statuses(opened)) === 'NOT_STARTED,NOT_STARTED,IN_PROGRESS', {
        message: 'it was not undone',
      });
    },
  );
}
