import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';

testOnBothDatabases('a user is created, edited with what was wrong beside the field, and undone', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await opened.post('/users', { firstName: 'Grace', lastName: 'Hopper', contactEmail: 'grace@example.com' });
  const page = await opened.open('/users');
  await page.getByText('1 user', { exact: true }).waitFor();

  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New user' });
  await dialog.getByLabel('First name').fill('Ada');
  await dialog.getByLabel('Last name').fill('Lovelace');
  await dialog.getByLabel('Email address').fill('GRACE@example.com');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  // Only the service knows which addresses are in use.
  await dialog.getByText('already', { exact: false }).waitFor();
  await dialog.getByLabel('Email address').fill('ada@example.com');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('complementary', { name: 'User' }).getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  await page.getByText('2 users', { exact: true }).waitFor();
  // The rejected address has used an ID.
  assert.match(page.url(), /user=3$/);

  await page.keyboard.press('Escape');
  await page.getByRole('gridcell', { name: 'Lovelace' }).click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('Last name').fill('Byron');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Ada Byron' }).waitFor();
  const saved = page.getByRole('dialog').filter({ hasText: 'User saved' });
  await saved.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  const history = page.getByRole('region', { name: 'History' });
  await history.getByText('user.updated').nth(1).waitFor();
  const { lastName } = (await opened.request({ url: '/users/3' })).json();
  assert.equal(lastName, 'Lovelace');
});

testOnBothDatabases('users are searched, sorted and filtered, and the URL shows it', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  for (const [index, name] of ['Ada', 'Björn', 'Chloé'].entries()) {
    await opened.post('/users', { firstName: name, lastName: 'Test', contactEmail: `user${index}@example.com` });
  }
  const page = await opened.open('/users');
  await page.getByText('3 users').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('bjorn');
  await page.getByText('1 user', { exact: true }).waitFor();
  await page.waitForURL('**/users?q=bjorn');
  await page.reload();
  await page.getByRole('gridcell', { name: 'Björn' }).waitFor();
  await page.getByLabel('Search users').fill('zoe');
  await page.getByText('Nothing matches these filters').waitFor();
  await page.getByRole('button', { name: 'Clear all filters' }).click();
  await page.getByRole('button', { name: 'First name' }).click();
  await page.getByRole('button', { name: 'First name' }).click();
  await page.waitForURL('**/users?sort=-firstName');
  const first = page.getByRole('row').nth(1);
  await first.getByText('Chloé').waitFor();
});

testOnBothDatabases(
  'deleting a user says how many tasks go too; with more than 100 the address is typed',
  async (t) => {
    const opened = await testConsole(t);
    if (opened === undefined) return;
    await opened.post('/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
    const task = {
      userId: 1,
      taskTitle: 'Test',
      taskStatus: 'BLOCKED',
      dueDate: '2026-04-01T09:00:00Z',
      warningOffset: 0,
    };
    await opened.post('/tasks/batch', { tasks: Array(101).fill(task) });
    const page = await opened.open('/users/1');
    await page.getByRole('link', { name: 'All 101 tasks' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Ada Lovelace?' });
    await dialog.getByText('101 tasks and all tokens').waitFor();
    const confirm = dialog.getByRole('button', { name: 'Delete' });
    assert.equal(await confirm.isDisabled(), true);
    await dialog.getByLabel('Type ada@example.com to confirm').fill('Ada@example.com');
    await confirm.click();
    await page.waitForURL('**/console/users');
    await page.getByText('Ada Lovelace was deleted').waitFor();
    await page.getByText('No users yet').waitFor();
  },
);
