import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../support/axe.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const HOUR_MS = 60 * 60_000;

/** Four days ago a user, yesterday task 1 and its change, today task 2 by another token. */
async function createEntries({ post, patch, token, clock }: TestConsole): Promise<void> {
  await post('/users', JOHN);
  const other = await token();
  clock.now += 3 * 24 * HOUR_MS;
  await post('/tasks', REPORT);
  await patch('/tasks/1', { taskStatus: 'BLOCKED' });
  clock.now += 24 * HOUR_MS;
  await post('/tasks', REPORT, other);
  clock.now += HOUR_MS;
}

/** Waits until these are the entries, without the names of records, and returns what the URL has. */
async function entriesAre(page: Page, expected: readonly string[]): Promise<Record<string, string>> {
  const sentences = page.locator('ol > li p');
  const read = async () => (await sentences.allTextContents()).map((text) => text.replaceAll(/ “[^”]*”/g, ''));
  const end = Date.now() + 10_000;
  while (JSON.stringify(await read()) !== JSON.stringify(expected) && Date.now() < end) await page.waitForTimeout(50);
  assert.deepEqual(await read(), expected);
  return Object.fromEntries(new URL(page.url()).searchParams);
}

const USER = 'Token 1 created user 1';
const FIRST = 'Token 1 created task 1';
const BLOCKED = 'Token 1 changed taskStatus of task 1';
const SECOND = 'Token 2 created task 2';

testOnBothDatabases('the audit is filtered by type and actor', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await createEntries(opened);
  const page = await opened.open('/audit', { now: opened.clock.now });
  await page.getByText(USER).waitFor();

  await page.getByRole('button', { name: 'Type' }).click();
  await page.getByRole('menuitemradio', { name: 'task.created' }).click();
  assert.deepEqual(await entriesAre(page, [SECOND, FIRST]), { type: 'task.created' });
  await page.getByRole('button', { name: 'Type: task.created' }).click();
  await page.getByRole('menuitemradio', { name: 'task.updated' }).click();
  assert.deepEqual(await entriesAre(page, [SECOND, BLOCKED, FIRST]), { type: 'task.created,task.updated' });

  await page.getByRole('button', { name: 'Actor' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Token 2' }).click();
  assert.deepEqual(await entriesAre(page, [SECOND]), { type: 'task.created,task.updated', actor: '2' });
  await page.reload();
  await entriesAre(page, [SECOND]);
  await page.getByRole('button', { name: 'Actor: Token 2' }).click();
  await page.getByLabel('Another actor').fill('1');
  await page.keyboard.press('Enter');
  assert.equal((await entriesAre(page, [BLOCKED, FIRST])).actor, '1');
  await page.getByLabel('Another actor').fill('jwt:0 shop');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Nothing matches these filters').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove filter Actor' }).click();
  await entriesAre(page, [SECOND, BLOCKED, FIRST]);
  await page.getByRole('button', { name: 'Clear all filters' }).click();
  await page.getByText(USER).waitFor();
  assert.equal(new URL(page.url()).search, '');
});

testOnBothDatabases('the audit is filtered by a period, by two instants, and by a record', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await createEntries(opened);
  const page = await opened.open('/audit?type=task.created,task.updated,user.created', { now: opened.clock.now });
  await entriesAre(page, [SECOND, BLOCKED, FIRST, USER]);

  await page.getByRole('button', { name: 'Time' }).click();
  await page.getByRole('button', { name: 'Today' }).click();
  assert.equal((await entriesAre(page, [SECOND])).period, 'today');
  await page.getByRole('button', { name: 'Last 7 days' }).click();
  assert.equal((await entriesAre(page, [SECOND, BLOCKED, FIRST, USER])).period, 'week');
  await assertAccessible(page, 'the filter by time');

  // The data begins on the 1st of March at 12:00 UTC, which is 13:00 in Berlin.
  await page.getByLabel('From').fill('2026-03-04T13:00');
  await page.getByLabel('To', { exact: true }).fill('2026-03-04T13:00');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('alert').getByText('The end must be later than the start').waitFor();
  await page.getByLabel('To', { exact: true }).fill('2026-03-05T13:00');
  await page.getByRole('button', { name: 'Apply' }).click();
  const { type, ...url } = await entriesAre(page, [BLOCKED, FIRST]);
  assert.deepEqual(url, { from: '2026-03-04T12:00:00.000Z', to: '2026-03-05T12:00:00.000Z' });
  await page.reload();
  await entriesAre(page, [BLOCKED, FIRST]);
  await page.getByRole('button', { name: 'Time: 4 Mar 2026, 13:00' }).waitFor();

  await page.getByRole('button', { name: 'Remove filter Time' }).click();
  await page.getByRole('button', { name: 'Task ID' }).click();
  await page.getByRole('textbox', { name: 'Task ID' }).fill('x');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('An ID is a number').waitFor();
  await page.getByRole('textbox', { name: 'Task ID' }).fill('2');
  await page.keyboard.press('Enter');
  assert.equal((await entriesAre(page, [SECOND])).task, '2');
});

testOnBothDatabases('the filters of the audit are in German, and on phones in one row', async (t) => {
  const opened = await testConsole(t);
  if (opened === undefined) return;
  await createEntries(opened);
  const page = await opened.open('/audit?period=week&type=task.created,task.updated,task.deleted&actor=1', {
    ...{
      now: opened.clock.now,
      locale: 'de-DE',
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    },
  });
  await page.getByText('erstellte Aufgabe 1 „').waitFor();
  const chips = ['Typ: task.created', 'Wer: Token 1', 'Zeit: Letzte 7 Tage', 'Benutzer-ID', 'Aufgaben-ID'];
  const boxes = await Promise.all(
    chips.map(async (name) => page.getByRole('button', { name, exact: false }).first().boundingBox()),
  );
  assert.equal(new Set(boxes.map((box) => box?.y)).size, 1, JSON.stringify(boxes));
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.equal(width, 360);
});
