// What the stored databases of every version contain: `write.ts` sends it to the program of that version.

/** The development token. */
export const TOKEN = 'your-token-here';
/** Encrypts the secrets of webhooks in the stored databases. */
export const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
export const IDEMPOTENCY_KEY = 'stored-with-the-database';

export const ADA = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'Ada@example.com' };
const ZOE = { firstName: 'Zoë 🦄', lastName: "O'Brien", contactEmail: 'zoe@bücher.example' };
const GONE = { firstName: 'Gone', lastName: 'User', contactEmail: 'gone@example.com' };

const FAR = '2099-12-31T23:59:59.123456+02:00';
const PAST = '2024-01-01T00:00:00Z';

export interface StoredRequest {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

const post = (path: string, body: object) => ({ method: 'POST', path, body });
const task = (userId: number, taskTitle: string, rest: object) =>
  post('/tasks', { userId, taskTitle, dueDate: FAR, warningOffset: 60, ...rest });

/** In order: each response is a success. */
export const REQUESTS: readonly StoredRequest[] = [
  { ...post('/users', ADA), headers: { 'idempotency-key': IDEMPOTENCY_KEY } },
  post('/users', ZOE),
  post('/users', GONE),
  task(1, 'Write', { taskDescription: 'Two pages', taskStatus: 'BLOCKED' }),
  task(2, 'Call 用户', {}),
  task(1, 'Pay', { dueDate: PAST, warningOffset: 0 }),
  task(3, 'of a deleted user', {}),
  task(2, 'deleted', {}),
  { method: 'PATCH', path: '/users/2', body: { lastName: 'Byron' } },
  { method: 'PATCH', path: '/tasks/2', body: { taskStatus: 'COMPLETED' } },
  { method: 'DELETE', path: '/tasks/5' },
  { method: 'DELETE', path: '/users/3' },
  post('/tokens', { name: 'app', scopes: ['tasks:read'], plan: 'unlimited' }),
  post('/tokens', { name: 'of Ada', scopes: ['users:read', 'tasks:read'], userId: 1 }),
  // Disabled, so that no version sends to it.
  post('/webhooks', { url: 'https://example.com/hook', events: ['user.created'], enabled: false }),
];

/** What the lists return afterwards. */
export const USERS = [
  { userId: 1, ...ADA },
  { userId: 2, ...ZOE, lastName: 'Byron' },
];
export const TASKS = [
  {
    ...{ taskId: 1, userId: 1, taskTitle: 'Write', taskDescription: 'Two pages', taskStatus: 'BLOCKED' },
    ...{ dueDate: FAR, warningOffset: 60 },
  },
  { taskId: 2, userId: 2, taskTitle: 'Call 用户', taskStatus: 'COMPLETED', dueDate: FAR, warningOffset: 60 },
  { taskId: 3, userId: 1, taskTitle: 'Pay', taskStatus: 'NOT_STARTED', dueDate: PAST, warningOffset: 0 },
];
