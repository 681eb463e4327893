import { test } from 'node:test';
import { assertAccessible } from '../support/axe.ts';
import { testConsole } from '../support/console.ts';

test('the pages of tasks have no accessibility violations in both themes', { timeout: 120_000 }, async (t) => {
  const found = await testConsole(t);
  if (found === undefined) return;
  const { post, open, clock, url } = found;
  await post('/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
  const statuses = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];
  const tasks = statuses.map((taskStatus, index) => ({
    ...{ userId: 1, taskTitle: `Task ${index}`, taskStatus, warningOffset: 60 },
    dueDate: new Date(clock.now + (index - 3) * 3_600_000).toISOString(),
  }));
  await post('/tasks/batch', { tasks });
  const page = await open('/tasks?task=1', { now: clock.now, reducedMotion: 'reduce' });
  await page.getByRole('row', { name: 'Task 5' }).waitFor();
  await page.getByRole('heading', { name: 'Task 0' }).waitFor();
  await assertAccessible(page, 'table with a task');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await assertAccessible(page, 'selection');
  await page.keyboard.press('s');
  await page.getByRole('dialog').waitFor();
  await assertAccessible(page, 'status');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('e');
  await page.getByRole('dialog').waitFor();
  await assertAccessible(page, 'form');
  await page.goto(`${url}/console/tasks?layout=board`);
  await page.getByRole('listitem').filter({ hasText: 'Task 5' }).waitFor();
  await assertAccessible(page, 'board');
  await page.goto(`${url}/console/tasks/1`);
  await page.getByRole('heading', { name: 'Task 0' }).waitFor();
  await assertAccessible(page, 'one task');
});
