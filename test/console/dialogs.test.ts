import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator } from 'playwright-core';
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
  await dialog.getByRole('button', { name: 'Discard' }).click();
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

test('a form that was edited asks before it closes without saving', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', JOHN);
  const page = await opened.open('/tasks', { reducedMotion: 'reduce' });
  await page.getByText('No tasks yet').waitFor();
  const dialog = page.getByRole('dialog', { name: 'New task' });
  const title = dialog.getByLabel('Title');
  const button = (name: string) => dialog.getByRole('button', { name });
  const hasFocus = (control: Locator) => control.and(page.locator(':focus')).waitFor();
  const waysToClose = [
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
    () => button('Cancel').click(),
    () => button('Close').click(),
  ];
  for (const close of waysToClose) {
    await page.keyboard.press('c');
    await hasFocus(title);
    await page.keyboard.type('x');
    await page.keyboard.press('Backspace');
    await close();
    await dialog.waitFor({ state: 'detached' });

    await page.keyboard.press('c');
    await hasFocus(title);
    await page.keyboard.type('Half a ti');
    await close();
    await dialog.getByText('Discard what you typed?').waitFor();
    await hasFocus(button('Keep editing'));
    await page.keyboard.press('Escape');
    await hasFocus(title);
    await page.keyboard.type('tle');
    assert.equal(await title.inputValue(), 'Half a title');

    await close();
    await hasFocus(button('Keep editing'));
    await page.keyboard.press('Enter');
    await hasFocus(title);
    await close();
    await hasFocus(button('Keep editing'));
    await page.keyboard.press('Shift+Tab');
    await hasFocus(button('Discard'));
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
  }

  // A choice counts as well. A click into a field is another way to keep editing.
  await page.keyboard.press('c');
  await dialog.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Blocked' }).click();
  await page.keyboard.press('Escape');
  await hasFocus(button('Keep editing'));
  await assertAccessible(page, 'question whether to discard');
  await title.click();
  await button('Keep editing').waitFor({ state: 'detached' });
  await hasFocus(title);
  // The first Esc closes the list of owners.
  await page.keyboard.press('Tab');
  await page.keyboard.type('jo');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('option').first().waitFor({ state: 'detached' });
  assert.equal(await button('Keep editing').count(), 0);
  await page.keyboard.press('Escape');
  await hasFocus(button('Keep editing'));
  await page.keyboard.press('Enter');
  await hasFocus(dialog.getByLabel('Owner'));
});

const PROBLEMS = {
  'en-GB': [
    'Required',
    'Not an email address',
    'At most 100 characters',
    'Select at least one',
    'Not a whole number from 1',
  ],
  'de-DE': [
    'Erforderlich',
    'Keine E-Mail-Adresse',
    'Höchstens 100 Zeichen',
    'Wählen Sie mindestens',
    'Keine ganze Zahl von 1',
  ],
} as const;

for (const [locale, [required, noEmail, tooLong, noneSelected, noNumber]] of Object.entries(PROBLEMS)) {
  test(`the errors of a form are in the reader's language until the field is edited (${locale})`, async (t) => {
    const opened = await testConsole(t);
    if (opened === undefined) return;
    const page = await opened.open('/users', { locale });
    await page.getByRole('main').getByRole('heading').first().waitFor();
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog');
    const fields = dialog.getByRole('textbox');
    const error = (text: string) => dialog.getByText(text, { exact: true });
    await fields.first().press('Enter');
    await error(required).nth(2).waitFor();
    await fields.nth(0).fill('Ada');
    await error(required).nth(2).waitFor({ state: 'detached' });
    assert.equal(await error(required).count(), 2);
    await fields.nth(1).fill('x'.repeat(101));
    await fields.nth(2).fill('ada@');
    assert.equal(await error(required).count(), 0);
    await fields.first().press('Enter');
    await error(tooLong).waitFor();
    await error(noEmail).waitFor();
    await fields.nth(2).fill('ada@example.com');
    await error(noEmail).waitFor({ state: 'detached' });
    await error(tooLong).waitFor();

    await page.goto(`${opened.url}/console/tokens?new=1`);
    await fields.nth(1).fill('Ada');
    await fields.nth(1).press('Enter');
    await error(required).waitFor();
    await dialog.getByText(noneSelected).waitFor();
    await dialog.getByText(noNumber).waitFor();
    await dialog.getByRole('checkbox').first().check();
    await dialog.getByText(noneSelected).waitFor({ state: 'detached' });
  });
}
