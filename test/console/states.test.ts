import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';
import { gate } from '../support/request-gate.ts';

/** What is typed before the palette is open would be lost. */
async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).waitFor();
}

testOnBothDatabases('the palette finds users, tasks, pages and actions, with the keyboard alone', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const { post } = opened;
  await post('/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
  const task = { userId: 1, taskTitle: 'Lovely engine', dueDate: '2026-03-02T12:00:00Z', warningOffset: 30 };
  await post('/tasks', task);
  const page = await opened.open('/health');
  await page.getByRole('button', { name: 'Search or run a command' }).waitFor();
  await openPalette(page);
  await page.keyboard.type('lovel');
  await page.getByRole('option', { name: 'Lovely engine' }).waitFor();
  assert.deepEqual(await page.getByRole('option').allInnerTexts(), [
    'Ada Lovelace\nada@example.com',
    'Lovely engine\nNot started',
  ]);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/tasks/1');

  await openPalette(page);
  await page.keyboard.type('a');
  await page.getByRole('option', { name: 'Ada Lovelace' }).waitFor();
  // While it is not known what the whole word finds, a user whom its first letter has found is not chosen.
  const held = await gate(page, /\/users\?/);
  await page.keyboard.type('udit');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/audit');
  held.open();

  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Undo the last change').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

const LAST_USE = { responsesDiffer: 'when the last use of a token is written depends on chance' };

testOnBothDatabases('the console asks for a token again when the token is revoked', LAST_USE, async (t) => {
  const opened = await testConsole(t, { acceptDevelopmentToken: false });
  if (opened === undefined) return;
  const page = await opened.open();
  await page.getByLabel('Token').fill(await opened.token({ name: 'first' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('status').getByText('Live').waitFor();
  const { tokens } = (await opened.request({ url: '/tokens' })).json();
  const { tokenId } = tokens.find(({ name }: { name: string }) => name === 'first');
  await opened.request({ method: 'DELETE', url: `/tokens/${tokenId}` });
  await openPalette(page);
  await page.keyboard.type('x');
  const dialog = page.getByRole('dialog', { name: 'Sign in again' });
  await dialog.getByLabel('Token').fill(await opened.token());
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
});

testOnBothDatabases('the console reports that it is offline, and that the rate limit is reached', async (t) => {
  const opened = await testConsole(t, { acceptDevelopmentToken: false, plans: 'basic=6/100' });
  if (opened === undefined) return;
  const page = await opened.open('/audit');
  await page.getByLabel('Token').fill(await opened.token({ plan: 'basic' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('status').getByText('Live').waitFor();
  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await page.context().setOffline(false);
  await page.getByText('You are offline.').waitFor({ state: 'detached' });
  await openPalette(page);
  await page.keyboard.type('abcdef', { delay: 100 });
  await page.getByText(/^The rate limit of this token is reached\.$/).waitFor();
  await page.getByText(/Requests continue in \d+ seconds/).waitFor();
});
