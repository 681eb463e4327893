import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';

testOnBothDatabases('in development mode, the console signs in by itself and shows its pages', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  const page = await opened.open('/tasks');
  const rail = page.getByRole('navigation', { name: 'Pages' });
  await rail.getByRole('link', { name: 'Health' }).waitFor();
  assert.deepEqual(await rail.getByRole('link').allInnerTexts(), [
    'Start',
    'Tasks',
    'Users',
    'Events',
    'Audit',
    'Webhooks',
    'Tokens',
    'Health',
  ]);
  await page.getByRole('status').getByText('Live').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await page.waitForURL('**/console/users');
});

testOnBothDatabases('a token is needed otherwise, and shows the pages that it allows', async (t) => {
  const opened = await testConsole(t, { acceptDevelopmentToken: false });
  if (opened === undefined) return;
  const page = await opened.open('/audit');
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The service does not accept this token.').waitFor();

  await page.getByLabel('Token').fill(await opened.token({ scopes: ['tasks:read'] }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('It needs one of the scopes: admin').waitFor();
  const rail = page.getByRole('navigation', { name: 'Pages' });
  assert.deepEqual(await rail.getByRole('link').allInnerTexts(), ['Start', 'Tasks', 'Events', 'Health']);
  assert.deepEqual(await page.evaluate('({ ...sessionStorage, ...localStorage })'), {}, 'the token was stored');

  await page.reload();
  await page.getByLabel('Token').fill(await opened.token());
  await page.getByLabel('Keep it until this tab is closed').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await rail.getByRole('link', { name: 'Tokens' }).waitFor();
  await page.reload();
  await rail.getByRole('link', { name: 'Tokens' }).waitFor();
});
