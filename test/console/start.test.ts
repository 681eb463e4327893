import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';

testOnBothDatabases('on an empty service, the start page leads to the first user and the first task', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const page = await opened.open('/');
  const numbers = page.getByRole('link', { name: /^0/ });
  await numbers.nth(3).waitFor();
  const code = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Create a user' }) });
  await code.getByText(`${opened.url}/users`, { exact: false }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Create a task' }).isDisabled(), true);

  await page.getByRole('button', { name: 'Create a user' }).click();
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Last name').fill('Lovelace');
  await page.getByLabel('Email address').fill('ada@example.com');
  await page.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('link', { name: /^1\s*Users/ }).waitFor();

  await page.getByRole('button', { name: 'Create a task' }).click();
  await page.getByLabel('Title').fill('Write the first test');
  await page.getByRole('dialog').getByRole('button', { name: 'Create task' }).click();
  await page.getByRole('link', { name: /^1\s*Open tasks/ }).waitFor();
});
