import { AttemptRows } from './attempts.ts';
import { ChangeRows } from './changes.ts';
import { Consumers } from './consumers.ts';
import { IdempotencyKeyRows } from './idempotency-keys.ts';
import { IdentityRows } from './identities.ts';
import type { Pages } from './lists.ts';
import { PageReader } from './page-reader.ts';
import type { Connection } from './session.ts';
import { TaskRows } from './tasks.ts';
import { UserRows } from './users.ts';
import { WebhookRows } from './webhooks.ts';

/** The rows that several repositories use, on one connection. */
export interface SharedRows {
  attempts: AttemptRows;
  changes: ChangeRows;
  consumers: Consumers;
  identityRows: IdentityRows;
  keys: IdempotencyKeyRows;
  pages: Pages;
  taskRows: TaskRows;
  userRows: UserRows;
  webhookRows: WebhookRows;
}

/** Prepares the statements of the shared rows. */
export function prepareSharedRows(connection: Connection): SharedRows {
  const changes = new ChangeRows(connection);
  const identityRows = new IdentityRows(connection, changes);
  const userRows = new UserRows(connection, changes, identityRows);
  return {
    attempts: new AttemptRows(connection),
    changes,
    consumers: new Consumers(connection, changes),
    identityRows,
    keys: new IdempotencyKeyRows(connection),
    pages: { reader: new PageReader(connection.db), softDeletedUser: () => userRows.softDeleted() },
    taskRows: new TaskRows(connection, changes),
    userRows,
    webhookRows: new WebhookRows(connection, changes),
  };
}
