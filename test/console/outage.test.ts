import assert from 'node:assert/strict';
import { join } from 'node:path';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { openBrowser } from '../support/browser.ts';
import { findFreePort } from '../support/free-port.ts';
import { testDatabase } from '../support/postgres.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

testOnBothDatabases(
  'what is typed while the server is killed and started again is saved',
  { timeout: 120_000 },
  async (t) => {
    const browser = await openBrowser(t);
    if (browser === undefined) return;
    const args = ['--port', String(await findFreePort())];
    const databaseUrl = engineOf(t) === 'sqlite' ? `file:${join(tempFolder(t), 'test.db')}` : await testDatabase(t);
    const options = { databaseUrl, args };
    let server = await startServer(options);
    t.after(() => server.process.kill('SIGKILL'));
    const page = await browser.newPage({ locale: 'en-GB' });
    await page.goto(`${server.url}/console/users`);
    await page.getByRole('button', { name: 'New user' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('First name').fill('Ada');

    assert.equal(await server.stop('SIGKILL'), null);
    await page.getByText('The service does not respond.').waitFor();
    await dialog.getByLabel('Last name').fill('Lovelace');
    await dialog.getByLabel('Email address').fill('ada@example.com');
    await dialog.getByRole('button', { name: 'Create user' }).click();

    server = await startServer(options);
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('The service does not respond.').waitFor({ state: 'detached' });
    await page.getByRole('gridcell', { name: 'ada@example.com' }).waitFor();
  },
);
