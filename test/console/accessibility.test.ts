import { test } from 'node:test';
import { assertAccessible } from '../support/axe.ts';
import { testConsole } from '../support/console.ts';
import { JOHN } from '../support/examples.ts';

test('the start page, users, records, palette and keys have no accessibility violations', {
  timeout: 120_000,
}, async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const page = await opened.open('/', { reducedMotion: 'reduce' });
  await page.getByRole('heading', { name: 'Create a user' }).waitFor();
  await assertAccessible(page, 'start');
  const { userId } = (await opened.post('/users', JOHN)).json();
  const task = { userId, taskTitle: 'Write', dueDate: '2030-03-02T09:00:00Z', warningOffset: 60 };
  const { taskId } = (await opened.post('/tasks', task)).json();

  await page.goto(`${opened.url}/console/users`);
  await page.getByRole('gridcell', { name: JOHN.contactEmail }).click();
  await page.getByRole('region', { name: 'History' }).getByText('user.created').waitFor();
  await assertAccessible(page, 'users, with a panel');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('First name').waitFor();
  await assertAccessible(page, 'the form of a user');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').waitFor();
  await assertAccessible(page, 'the deletion of a user');

  for (const path of [`/users/${userId}`, `/tasks/${taskId}`]) {
    await page.goto(`${opened.url}/console${path}`);
    await page.getByText('user.created').or(page.getByText('task.created')).first().waitFor();
    await assertAccessible(page, path);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await assertAccessible(page, 'the keys');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await assertAccessible(page, 'the palette');
});

test('the sign-in has no accessibility violations', async (t) => {
  const opened = await testConsole(t, { acceptDevelopmentToken: false });
  if (opened === undefined) return;
  const page = await opened.open('/', { reducedMotion: 'reduce' });
  await page.getByLabel('Token').waitFor();
  await assertAccessible(page, 'sign-in');
});
