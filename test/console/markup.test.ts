import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { testConsole } from '../support/console.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { newDispatcher, PORTS, sendAll } from '../webhooks/sending.ts';

const IMAGE = '<img src=/planted onerror=ran=1>';
const MARKUP = `"'>${IMAGE}<script>ran=1</script>`;
const LINK = 'javascript:ran=1';

/** What shows that a text became markup or ran: also an attempt that the policy of the page has blocked. */
const TRACES = `({
  ran: globalThis.ran,
  blocked: globalThis.blocked,
  elements: document.querySelectorAll('[onerror], [onload], [src*="planted"], a[href^="javascript:" i]').length,
})`;
const NO_TRACES = { ran: undefined, blocked: [], elements: 0 };

/** Runs before the scripts of each page. The policy of the page does not apply to it. */
const WATCH = `globalThis.blocked = [];
document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.violatedDirective));`;

async function assertNothingRan(page: Page, name: string): Promise<void> {
  assert.deepEqual(await page.evaluate(TRACES), NO_TRACES, name);
}

testOnBothDatabases('markup and links in any field are shown as text, and run nothing', PORTS, async (t) => {
  const opened = await testConsole(t, { allowPrivateWebhooks: true });
  if (opened === undefined) return;
  const { post, patch, store, errors } = opened;
  const receiver = await startReceiver(t, (_, response) => {
    response.writeHead(500, { 'content-type': 'text/html', 'x-markup': MARKUP }).end(MARKUP);
    return undefined;
  });
  const create = async (path: string, body: object) => {
    const response = await post(path, body);
    assert.equal(response.statusCode, 201, response.body);
  };
  await create('/webhooks', {
    // Its format has no markup.
    url: `${receiver.url}/${LINK}?'onerror='ran=1'`,
    events: ['user.created', 'task.created'],
    description: MARKUP,
  });
  await create('/users', { firstName: MARKUP, lastName: LINK, contactEmail: JOHN.contactEmail });
  await create('/tasks', { ...REPORT, taskTitle: MARKUP, taskDescription: `${LINK} ${MARKUP}` });
  await create('/tasks', { ...REPORT, taskTitle: LINK, taskDescription: LINK });
  await create('/tokens', { name: MARKUP, scopes: ['users:read'] });
  await create('/tokens', { name: LINK, scopes: ['users:read'] });
  await patch('/tasks/1', { taskTitle: IMAGE });
  await patch('/tasks/1', { taskTitle: MARKUP });
  while (await store.deliveries.enqueue());
  await sendAll(newDispatcher(store, () => opened.clock.now));
  assert.ok(receiver.received.length > 0);

  const page = await opened.open('/health');
  const planted: string[] = [];
  page.on('request', (request) => new URL(request.url()).pathname.endsWith('/planted') && planted.push(request.url()));
  await page.addInitScript(WATCH);
  const query = new URLSearchParams({ q: MARKUP, sort: MARKUP, status: MARKUP, due: MARKUP, state: MARKUP });
  const pages: Record<string, string> = {
    '/': 'Start',
    '/tasks': MARKUP,
    '/tasks?layout=board': MARKUP,
    '/tasks?task=1': LINK,
    '/tasks/1': IMAGE,
    '/tasks/2': LINK,
    '/users': MARKUP,
    '/users?user=1': LINK,
    '/users/1': MARKUP,
    '/events': MARKUP,
    '/audit': MARKUP,
    '/audit?task=1&entry=6': IMAGE,
    '/webhooks': LINK,
    '/webhooks/1': MARKUP,
    '/webhooks/1?delivery=1': 'Response body',
    '/tokens': LINK,
    [`/tasks?${query}`]: MARKUP,
    [`/users?${query}`]: 'This could not be loaded',
    [`/webhooks/1?${query}`]: MARKUP,
    [`/tasks/${encodeURIComponent(MARKUP)}`]: 'not',
    [`/${encodeURIComponent(MARKUP)}`]: 'There is no such page',
  };
  for (const [path, text] of Object.entries(pages)) {
    await page.goto(`${opened.url}/console${path}`);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
    await assertNothingRan(page, path);
  }

  // What opens over the pages: details, forms, questions, results.
  await page.goto(`${opened.url}/console/events`);
  await page.getByRole('button', { name: 'Details of event' }).first().click();
  await page.getByText('"sequence"').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill('img');
  await page.getByRole('option', { name: MARKUP }).first().waitFor();
  await assertNothingRan(page, 'events and palette');
  await page.goto(`${opened.url}/console/users/1`);
  await page.getByRole('heading', { name: MARKUP }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('e');
  await page.getByRole('dialog').getByLabel('Last name').fill(MARKUP);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('heading', { name: `${MARKUP} ${MARKUP}` }).waitFor();
  await assertNothingRan(page, 'forms of users');
  await page.goto(`${opened.url}/console/tokens`);
  await page.getByRole('button', { name: `Actions of ${LINK}` }).click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await page.getByRole('dialog', { name: LINK }).waitFor();
  await assertNothingRan(page, 'the question of a token');
  await page.goto(`${opened.url}/console/tasks`);
  const csv = `Title,${IMAGE}\n${IMAGE},${LINK}\n`;
  const file = { name: `${IMAGE}.csv`, mimeType: 'text/csv', buffer: Buffer.from(csv) };
  await page.getByLabel('Import').locator('visible=false').setInputFiles(file);
  await page.getByRole('dialog').getByText('<img').first().waitFor();
  await assertNothingRan(page, 'an import');
  assert.deepEqual([planted, errors], [[], []]);

  // The traces would be seen.
  await page.goto(`${opened.url}/console/health`);
  await page.evaluate(`try { document.body.innerHTML = '<img onerror="ran=1">'; } catch {}
    document.body.append(Object.assign(new Image(), { src: '/planted' }));`);
  await page.waitForFunction('blocked.length > 0');
  const { elements } = await page.evaluate<{ elements: number }>(TRACES);
  assert.deepEqual([elements, planted.length], [1, 1]);
  errors.length = 0;
});
