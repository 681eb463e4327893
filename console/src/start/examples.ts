import { SERVICE_URL } from '../api/base.ts';
import type { RequestToShow } from '../formats/request-code.ts';

export type Request = RequestToShow;

const HOUR_MS = 3_600_000;

/** The request that creates the user of the documentation. */
export function newUser(): Request {
  const body = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };
  return { method: 'POST', url: `${SERVICE_URL}users`, body };
}

/** The request that creates a task, due at a full hour tomorrow. @param userId the owner, by default the first user. */
export function newTask(userId = 1): Request {
  const dueDate = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 24 * HOUR_MS).toISOString();
  const body = { userId, taskTitle: 'Write the first test', taskStatus: 'NOT_STARTED', dueDate, warningOffset: 30 };
  return { method: 'POST', url: `${SERVICE_URL}tasks`, body };
}

/** The request that creates a token for a program that only reads. */
export function newToken(): Request {
  const body = { name: 'reports', scopes: ['users:read', 'tasks:read'] };
  return { method: 'POST', url: `${SERVICE_URL}tokens`, body };
}
