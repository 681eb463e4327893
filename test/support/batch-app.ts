import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { type TestApp, type TestAppOptions, testApp } from './app.ts';

type Json = Record<string, unknown>;

export const LENIENT = { prefer: 'handling=lenient' };
export const DUE = '2026-06-01T12:00:00Z';

export interface BatchApp extends TestApp {
  /** The ids of two users. */
  users: [number, number];
  send: (
    method: 'POST' | 'PATCH',
    url: string,
    payload: object,
    headers?: Record<string, string>,
    token?: string,
  ) => Promise<LightMyRequestResponse>;
  /** Creates tasks with these titles, alternately of the two users, and returns their ids. */
  createTasks: (...titles: string[]) => Promise<number[]>;
  listTasks: () => Promise<Json[]>;
}

/** An application with two users. */
export async function batchApp(t: TestContext, options: TestAppOptions = {}): Promise<BatchApp> {
  const app = await testApp(t, options);
  const people = ['Ann', 'Bob'].map((name) => ({
    firstName: name,
    lastName: 'Doe',
    contactEmail: `${name.toLowerCase()}@example.com`,
  }));
  const created = (await app.post('/users/batch', { users: people })).json().users;
  const users = created.map(({ userId }: { userId: number }) => userId) as [number, number];
  const send: BatchApp['send'] = (method, url, payload, headers = {}, token) =>
    app.request({
      method,
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
      ...(token !== undefined && { token }),
    });
  const createTasks = async (...titles: string[]) => {
    const tasks = titles.map((title, i) => newTask(users[i % 2] as number, title));
    const response = await send('POST', '/tasks/batch', { tasks });
    assert.equal(response.statusCode, 201, response.payload);
    return response.json().tasks.map(({ taskId }: { taskId: number }) => taskId);
  };
  const listTasks = async () => (await app.request({ url: '/tasks?_perPage=100' })).json().tasks;
  return { ...app, users, send, createTasks, listTasks };
}

export function newTask(userId: number, taskTitle: string): Json {
  return { userId, taskTitle, dueDate: DUE, warningOffset: 60 };
}
