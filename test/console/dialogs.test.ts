import { test } from 'node:test';
import { assertAccessible } from '../support/axe.ts';
import { testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';

test('the dialogs for due dates, imports and conflicts have no accessibility violations', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', JOHN);
  await opened.post('/tasks', REPORT);
  const page = await opened.open('/tasks', { now: opened.clock.now, reducedMotion: 'reduce' });
  await page.getByRole('row', { name: REPORT.taskTitle }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('d');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('tomorrow 9');
  await assertAccessible(page, 'due date');
  await dialog.getByRole('textbox').fill('someday');
  await dialog.getByText('is not a date').waitFor();
  await assertAccessible(page, 'due date that is not understood');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  const buffer = Buffer.from('Title,Due date,Owner,Notes\nCall the bank,fri 9,john.doe@example.com,x\nPay,never,,y\n');
  await page
    .getByLabel('Import')
    .locator('visible=false')
    .setInputFiles({
      ...{ name: 'tasks.csv', mimeType: 'text/csv', buffer },
    });
  await dialog.getByRole('cell', { name: 'Call the bank' }).waitFor();
  await assertAccessible(page, 'import');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.keyboard.press('e');
  await dialog.getByLabel('Title').fill('Mine');
  await opened.patch('/tasks/1', { taskTitle: 'Theirs', taskStatus: 'BLOCKED' });
  await page.keyboard.press('Control+Enter');
  const conflict = page.getByRole('dialog', { name: 'This has changed since you read it' });
  await conflict.getByText('Theirs', { exact: true }).nth(1).waitFor();
  await assertAccessible(page, 'conflict');
  await conflict.getByRole('radio').last().check();
  await assertAccessible(page, 'conflict with a choice');
});
