import { StatementSync } from 'node:sqlite';
import pg from 'pg';

// Loaded into a server by --import: the server is killed as soon as what it first created under an idempotency key is
// committed, before it can response.

/** What stores for what a key is, on SQLite and on PostgreSQL. */
const STORES_KEY = /^\s*(INSERT OR REPLACE INTO idempotency_keys|UPDATE idempotency_keys SET sequence) /;

let isKeyStored = false;

function afterStatement(sql: string): void {
  if (STORES_KEY.test(sql)) isKeyStored = true;
  if (sql === 'COMMIT' && isKeyStored) process.kill(process.pid, 'SIGKILL');
}

const { run } = StatementSync.prototype;
StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
  const result = run.apply(this, values);
  afterStatement(this.sourceSQL);
  return result;
} as typeof run;

const query = pg.Client.prototype.query as (statement: pg.QueryConfig) => Promise<unknown>;
pg.Client.prototype.query = async function (this: pg.Client, ...sent: [pg.QueryConfig]) {
  const result = await query.apply(this, sent);
  afterStatement(sent[0].text);
  return result;
} as typeof pg.Client.prototype.query;
