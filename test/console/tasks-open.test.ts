import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';

const search = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search;

testOnBothDatabases(
  'a card opens beside the board; keys lead from a search to the list; Esc keeps a filter',
  {
    timeout: 60_000,
  },
  async (t) => {
    const found = await testConsole(t);
    if (found === undefined) return;
    await found.post('/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
    for (const taskTitle of ['Write', 'Read']) {
      await found.post('/tasks', { userId: 1, taskTitle, dueDate: '2030-01-01T09:00:00Z', warningOffset: 0 });
    }
    const page = await found.open('/tasks?layout=board');
    await page.getByRole('link', { name: 'Write' }).click();
    await page.getByRole('heading', { name: 'Write' }).waitFor();
    await page.getByRole('region', { name: 'Not started' }).waitFor();
    assert.equal(search(page), '/console/tasks?layout=board&task=1');
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('task'));

    await page.getByRole('button', { name: 'Table' }).click();
    await page.getByRole('button', { name: 'Owner' }).first().click();
    await page.keyboard.type('love');
    await page.getByRole('option', { name: 'Ada Lovelace' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Owner: Ada Lovelace' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(search(page), '/console/tasks?owner=1');

    await page.keyboard.press('/');
    await page.keyboard.type('rea');
    await page.getByText('1 task', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Read' }).waitFor();
    assert.equal(search(page), '/console/tasks?owner=1&q=rea&task=2');
  },
);
