import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from '../support/axe.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const MARKUP = '<img src=x onerror="document.title=\'ran\'">';

testOnBothDatabases('a token is created, shown once, rotated and revoked', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const page = await opened.open('/tokens');
  await page.getByText('No tokens yet').waitFor();
  await page.getByRole('button', { name: 'New token' }).first().click();
  await page.waitForURL('**/tokens?new=1');
  await page.getByLabel('Name').fill(MARKUP);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('group', { name: 'Scopes' }).getByRole('alert').waitFor();
  await page.getByLabel('tasks:read').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  const shown = page.getByRole('textbox', { name: 'Token' });
  const first = await shown.inputValue();
  const status = async (token: string) => (await opened.request({ url: '/tasks', token })).statusCode;
  assert.equal(await status(first), 200);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText(MARKUP, { exact: true }).waitFor();
  assert.equal(await page.title().then((title) => title === 'ran'), false);

  const actions = page.getByRole('button', { name: `Actions of ${MARKUP}` });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Rotate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
  await page.getByText('has a new secret').waitFor();
  const second = await shown.inputValue();
  assert.notEqual(second, first);
  assert.deepEqual([await status(first), await status(second)], [200, 200]);
  await page.getByRole('button', { name: 'Done' }).click();

  await actions.click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('cell', { name: 'Revoked' }).waitFor();
  opened.clock.now += 1_000;
  assert.equal(await status(second), 401);
});

testOnBothDatabases('the audit tells who changed what, and filters by the URL', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', { ...JOHN, firstName: MARKUP });
  await opened.post('/tasks', { ...REPORT, taskTitle: MARKUP });
  await opened.patch('/tasks/1', { taskStatus: 'BLOCKED' });
  const page = await opened.open('/audit?task=1');
  await page.getByText('changed taskStatus of task 1').waitFor();
  assert.equal(await page.getByRole('listitem').filter({ hasText: 'user 1' }).count(), 0);
  await page.getByRole('button', { name: 'Details of entry' }).first().click();
  await page.getByRole('cell', { name: 'NOT_STARTED' }).waitFor();
  await page.getByRole('button', { name: 'Clear all filters' }).click();
  await page.getByText('created user 1').waitFor();
  assert.notEqual(await page.title(), 'ran');
});

testOnBothDatabases('events appear as they happen, and wait while the page is paused', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const page = await opened.open('/events');
  await page.getByText('No events yet').waitFor();
  await page.getByRole('status').getByText('Live').waitFor();
  await opened.post('/users', { ...JOHN, firstName: MARKUP });
  await page.getByRole('link', { name: `${MARKUP} ${JOHN.lastName}` }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await opened.post('/tasks', REPORT);
  await page.getByText('1 event has arrived meanwhile').waitFor();
  assert.equal(await page.getByText('task.created').count(), 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('task.created').waitFor();
  await page.getByRole('button', { name: 'Details of event' }).first().click();
  await page.getByText('"taskTitle"').waitFor();
  assert.notEqual(await page.title(), 'ran');
});

testOnBothDatabases('the health page shows the status with charts, in both languages', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.request({ url: '/users' });
  opened.clock.now += 5_000;
  const page = await opened.open('/health');
  await page.getByRole('heading', { name: 'Database' }).waitFor();
  await page.getByRole('img', { name: 'Requests a second' }).waitFor();
  const german = await opened.open('/health', { locale: 'de-DE' });
  await german.getByRole('heading', { name: 'Datenbank' }).waitFor();
});

testOnBothDatabases('the lists of administrators have the keys of a list', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', JOHN);
  await opened.post('/tokens', { name: 'shop', scopes: ['users:read'] });
  const page = await opened.open('/audit');
  await page.getByText('created user 1').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page
    .getByRole('listitem')
    .filter({ hasText: 'created user 1' })
    .getByRole('cell', { name: 'John', exact: true })
    .waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  // The entry that is open in the audit has the type, too.
  await page.getByRole('heading', { name: 'Events' }).waitFor();
  await page.getByText('user.created').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByText('"contactEmail"').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await page.getByText('shop', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Rotate' }).waitFor();
});

test('axe finds no violations on the pages of administrators in both themes', { timeout: 120_000 }, async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', JOHN);
  await opened.post('/tokens', { name: 'shop', scopes: ['users:read'] });
  opened.clock.now += 5_000;
  const page = await opened.open('/tokens', { reducedMotion: 'reduce' });
  await page.getByText('shop').first().waitFor();
  await assertAccessible(page, '/tokens');
  const ready = { '/audit?entry=1': 'Before', '/events': 'user.created', '/health': 'Database' };
  for (const [path, text] of Object.entries(ready)) {
    await page.goto(`${opened.url}/console${path}`);
    await page.getByText(text).first().waitFor();
    await assertAccessible(page, path);
  }
});
