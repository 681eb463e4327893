import assert from 'node:assert/strict';
import type { WebhookTransport } from '../../src/webhooks/transport.ts';
import type { TestConsole } from '../support/console.ts';
import { newDispatcher, sendAll } from '../webhooks/sending.ts';

/** A page of the console that has a picture in `docs/images/`. */
export interface Scene {
  name: string;
  path: string;
  /** What is on the screen when the page is complete. */
  ready: readonly string[];
}

/** In the order of the data: the first is of an empty service. */
export const SCENES: readonly Scene[] = [
  { name: 'start', path: '/', ready: ['Create a user', 'curl'] },
  { name: 'tasks', path: '/tasks', ready: ['Fix the invoice', 'Ada Lovelace'] },
  { name: 'board', path: '/tasks?layout=board', ready: ['Fix the invoice', 'Ada Lovelace'] },
  { name: 'users', path: '/users?user=1', ready: ['katherine.johnson@example.com', 'History'] },
  { name: 'webhooks', path: '/webhooks/1?delivery=23', ready: ['Last 2 attempts', 'The queue is full', 'Retrying'] },
];

const USERS = [
  ['Ada', 'Lovelace'],
  ['Grace', 'Hopper'],
  ['Alan', 'Turing'],
  ['Katherine', 'Johnson'],
  ['Edsger', 'Dijkstra'],
  ['Barbara', 'Liskov'],
  ['Donald', 'Knuth'],
  ['Radia', 'Perlman'],
] as const;

/** Title, status, hours until the due date, and the owner's number. */
const TASKS = [
  ['Fix the invoice', 'IN_PROGRESS', -20, 1],
  ['Call the bank', 'BLOCKED', -3, 2],
  ['Write the report', 'NOT_STARTED', 2, 1],
  ['Review the draft', 'IN_PROGRESS', 5, 3],
  ['Order the parts', 'NOT_STARTED', 22, 4],
  ['Renew the certificate', 'DEFERRED', 26, 2],
  ['Fill in the survey', 'NOT_STARTED', 30, 5],
  ['Plan the offsite', 'IN_PROGRESS', 49, 6],
  ['Close the accounts', 'NOT_STARTED', 72, 7],
  ['Update the handbook', 'COMPLETED', 76, 8],
  ['Pay the rent', 'COMPLETED', 80, 1],
  ['Book the room', 'CANCELLED', 96, 3],
  ['Translate the page', 'NOT_STARTED', 100, 8],
  ['Measure the cold start', 'BLOCKED', 122, 6],
  ['Interview the candidate', 'NOT_STARTED', 125, 2],
  ['Send the newsletter', 'DEFERRED', 170, 4],
] as const;

const HOUR_MS = 3_600_000;

async function create({ post }: TestConsole, path: string, body: object): Promise<void> {
  const response = await post(path, body);
  assert.equal(response.statusCode, 201, response.body);
}

/** Creates what the pictures show, the same in each run. */
export async function createSceneData(opened: TestConsole): Promise<void> {
  const { clock, store } = opened;
  const start = clock.now;
  await create(opened, '/webhooks', {
    url: 'https://hooks.example.com/tasks',
    events: ['user.created', 'task.created', 'task.completed'],
    description: 'The board in the office',
  });
  for (const [firstName, lastName] of USERS) {
    const contactEmail = `${firstName}.${lastName}@example.com`.toLowerCase();
    await create(opened, '/users', { firstName, lastName, contactEmail });
  }
  const send = async (transport: WebhookTransport) => {
    while (await store.deliveries.enqueue());
    await sendAll(newDispatcher(store, () => clock.now, { transport }));
  };
  await send(async () => ({ status: 204, body: new Uint8Array() }));
  for (const [index, [taskTitle, taskStatus, hours, userId]] of TASKS.entries()) {
    clock.now += 60_000;
    const dueDate = new Date(start + hours * HOUR_MS).toISOString();
    await create(opened, '/tasks', { userId, taskTitle, taskStatus, dueDate, warningOffset: 30 });
    await send(async () =>
      index >= 14
        ? { status: 503, body: Buffer.from('{"error": "The queue is full"}') }
        : { status: 204, body: new Uint8Array() },
    );
  }
}
