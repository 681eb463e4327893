import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { assertAccessible } from '../support/axe.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { JOHN } from '../support/examples.ts';
import { type Respond, startReceiver } from '../webhooks/receiver.ts';
import { newDispatcher, PORTS, sendAll } from '../webhooks/sending.ts';

/** The console, a receiver, and a function that sends what is due. Undefined without Chromium. */
async function open(t: TestContext, respond?: Respond) {
  const opened = await testConsole(t, { allowPrivateWebhooks: true });
  if (opened === undefined) return undefined;
  const receiver = await startReceiver(t, respond);
  const sender = newDispatcher(opened.store, () => opened.clock.now);
  return { ...opened, receiver, send: () => sendAll(sender) };
}

async function hook({ post }: TestConsole, url: string, more: object = {}): Promise<number> {
  const created = await post('/webhooks', { url, events: ['user.created'], ...more });
  assert.equal(created.statusCode, 201, created.body);
  return created.json().webhookId;
}

testOnBothDatabases('a webhook is created, tested, rotated, disabled, edited and deleted', PORTS, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { receiver, send } = opened;
  const page = await opened.open('/webhooks');
  await page.getByText('No webhooks yet').waitFor();
  await page.keyboard.press('c');
  const form = page.getByRole('dialog', { name: 'New webhook' });
  await form.getByRole('button', { name: 'Create webhook' }).click();
  await form.getByText('Required', { exact: true }).waitFor();
  await form.getByLabel('URL').fill(`${receiver.url}/hooks`);
  await form.getByRole('button', { name: 'Create webhook' }).click();
  await form.getByRole('group', { name: 'Events' }).getByRole('alert').waitFor();
  await form.getByLabel('All events').check();
  await form.getByLabel('Description').fill('The board in the office');
  await form.getByRole('button', { name: 'Create webhook' }).click();
  const secret = page.getByRole('textbox', { name: 'Secret' });
  const first = await secret.inputValue();
  assert.match(first, /^whsec_/);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.waitForURL('**/webhooks/1');
  await page.getByText('Nothing sent yet').waitFor();
  await page.getByText('No deliveries yet').waitFor();

  await page.getByRole('button', { name: 'Send test event' }).click();
  await page.waitForURL('**/webhooks/1?delivery=*');
  const panel = page.getByRole('complementary', { name: 'Delivery' });
  await panel.getByText('No attempts yet.').waitFor();
  await send();
  assert.deepEqual(
    receiver.received.map(({ event }) => event.type),
    ['webhook.test'],
  );
  // The page reads the delivery again by itself.
  await panel.getByText('1 attempt', { exact: true }).waitFor();
  await panel.getByText('204').waitFor();
  await panel.getByText('The response had no body.').waitFor();
  await page.getByText('Working').waitFor();

  const actions = page.getByRole('button', { name: 'More actions' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click();
  await page.getByText('has a new secret').waitFor();
  assert.notEqual(await secret.inputValue(), first);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await actions.click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  const webhook = async () => (await opened.request({ url: '/webhooks/1' })).json();
  await page.getByText('Disabled', { exact: true }).waitFor();
  await page.getByRole('dialog').filter({ hasText: 'Webhook disabled' }).getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Working').waitFor();

  await page.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit webhook' });
  await edit.getByLabel('task.reminder').uncheck();
  await edit.getByLabel('Description').fill('');
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.waitFor({ state: 'detached' });
  const { enabled, events, description } = await webhook();
  assert.deepEqual([enabled, events.length, description], [true, 7, undefined]);

  await actions.click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No webhooks yet').waitFor();
  assert.equal((await opened.request({ url: '/webhooks/1' })).statusCode, 404);
});

testOnBothDatabases('the response of a failing receiver is shown, and the event is sent again', PORTS, async (t) => {
  let isBroken = true;
  const opened = await open(t, (_, response) => {
    if (!isBroken) return 204;
    response.writeHead(500, { 'content-type': 'text/html' }).end('<b>out of order</b>');
    return undefined;
  });
  if (opened === undefined) return;
  const { receiver, send } = opened;
  const id = await hook(opened, receiver.url);
  await opened.post('/users', JOHN);
  await opened.post('/users', { ...JOHN, contactEmail: 'other@example.com' });
  while (await opened.store.deliveries.enqueue());
  await send();
  const page = await opened.open('/webhooks');
  await page.getByText('Failing').waitFor();
  // The keys of lists: the first row is open, then its second delivery.
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/webhooks/${id}`);
  await page.getByText('2 deliveries').waitFor();
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  const panel = page.getByRole('complementary', { name: 'Delivery' });
  await panel.getByText('<b>out of order</b>', { exact: true }).waitFor();
  await panel.getByText('500').first().waitFor();
  await panel.getByText('"contactEmail": "john.doe@example.com"').waitFor();

  isBroken = false;
  await page.keyboard.press('r');
  await page.getByText('The event is sent again').waitFor();
  await send();
  await panel.getByText('Last 2 attempts').waitFor();
  await panel.getByText('204').waitFor();
  await page.getByRole('gridcell', { name: 'Delivered' }).waitFor();

  await page.getByRole('button', { name: 'State' }).click();
  await page.getByRole('menuitemradio', { name: 'Delivered' }).click();
  await page.waitForURL('**state=delivered**');
  await page.getByText('1 delivery', { exact: true }).waitFor();
  await page.reload();
  await page.getByText('1 delivery', { exact: true }).waitFor();
  await panel.getByText('Last 2 attempts').waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

testOnBothDatabases('webhooks need the scope admin, and unknown ones are not found', PORTS, async (t) => {
  const opened = await testConsole(t, { acceptDevelopmentToken: false });
  if (opened === undefined) return;
  const page = await opened.open('/webhooks/7');
  await page.getByLabel('Token').fill(await opened.token({ scopes: ['tasks:read'] }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('It needs one of the scopes: admin').waitFor();
  await page.reload();
  await page.getByLabel('Token').fill(await opened.token());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This webhook does not exist').waitFor();
});

testOnBothDatabases('axe finds no violations on the pages of webhooks', PORTS, async (t) => {
  const opened = await open(t, () => 500);
  if (opened === undefined) return;
  const id = await hook(opened, opened.receiver.url, { description: 'The board in the office' });
  await opened.post('/users', JOHN);
  while (await opened.store.deliveries.enqueue());
  await opened.send();
  const page = await opened.open('/webhooks');
  await page.getByText('Failing').waitFor();
  await assertAccessible(page, 'the list');
  await page.keyboard.press('c');
  await page.getByLabel('All events').waitFor();
  await assertAccessible(page, 'the form');
  const detail = await opened.open(`/webhooks/${id}?delivery=1`);
  await detail.getByText('1 attempt', { exact: true }).waitFor();
  await detail.getByRole('grid', { name: 'Deliveries' }).getByText('user.created').waitFor();
  await detail.getByRole('region', { name: 'Event' }).waitFor();
  await assertAccessible(detail, 'a delivery');
});
