import type { Task } from '#client';
import { api } from '../api/client.ts';
import { hasScopes } from '../api/session.ts';
import { writeCsv } from '../transfer/csv.ts';
import { saveFile } from '../transfer/save-file.ts';

/** The columns of the command `export`: without IDs, so that an import creates the same tasks. */
const COLUMNS = ['ownerEmail', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'] as const;

const MAX_IDS = 100;

/** Saves tasks as a file of CSV, with the addresses of their owners. Without `users:read`, with their IDs. */
export async function exportTasks(tasks: readonly Task[]): Promise<void> {
  const withEmails = hasScopes(['users:read']);
  const emails = withEmails ? await readEmails(tasks) : new Map<number, string>();
  const [, ...rest] = COLUMNS;
  const rows = tasks.map((task) => [
    emails.get(task.userId) ?? task.userId,
    ...rest.map((name) => task[name as keyof Task] ?? ''),
  ]);
  const columns = withEmails ? COLUMNS : ['userId', ...rest];
  saveFile('tasks.csv', await writeCsv(columns, rows), 'text/csv');
}

async function readEmails(tasks: readonly Task[]): Promise<Map<number, string>> {
  const ids = [...new Set(tasks.map(({ userId }) => userId))];
  const emails = new Map<number, string>();
  for (let start = 0; start < ids.length; start += MAX_IDS) {
    const { items } = await api.users.listPage({ userId: ids.slice(start, start + MAX_IDS), perPage: MAX_IDS });
    for (const { userId, contactEmail } of items) emails.set(userId, contactEmail);
  }
  return emails;
}
