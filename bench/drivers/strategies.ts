import pg from 'pg';
import postgres from 'postgres';
import type { EmailTaken, NewUser, User } from '../../src/domain/users.ts';
import { Batches } from '../../src/storage/postgres/batches.ts';
import type { Queryable, Row, Statement } from '../../src/storage/postgres/database.ts';
import { insertUsers, type UserInput } from '../../src/storage/postgres/users.ts';
import type { Inserted } from '../../src/storage/sql/inserted.ts';
import { insertUser } from './insert-user.ts';

/** Inserts one user, by itself or together with others that are in flight. */
export type Insert = (user: NewUser) => Promise<Inserted<User> | typeof EmailTaken>;

/** As many connections as a process of the service has. */
const CONNECTIONS = 10;
/** As the service groups. */
const GROUPS = { maxWaiting: 8192, maxBatch: 256, maxInFlight: 2 };
/** Every inserted user has this time. */
const NOW = Date.now();
/** Who inserts every user. */
const ORIGIN = { actor: 'bench' };

/** Ids and times fit a JavaScript number; both drivers would give them as text. */
const { INT8 } = pg.types.builtins;
const types = new pg.TypeOverrides();
types.setTypeParser(INT8, Number);

/** What is compared: the driver, and how it sends what is to be inserted. Each opens its connections. */
export const STRATEGIES = {
  'pg, a statement each': (url) => each(pgPool(url)),
  'pg, a statement each, pipelined': async (url) => {
    const clients = await pgPipelines(url);
    let turn = 0;
    return (user) => insertUser(clients[turn++ % clients.length] as Queryable, { user, origin: ORIGIN }, NOW);
  },
  'pg, a transaction a group, pipelined': async (url) => {
    const clients = await pgPipelines(url);
    let turn = 0;
    return grouped(async (inputs) => {
      const client = clients[turn++ % clients.length] as Queryable;
      // All are sent before the first has a response.
      const [, outcomes] = await Promise.all([
        client.query({ text: 'BEGIN' }),
        Promise.all(inputs.map((input) => insertUser(client, input, NOW))),
        client.query({ text: 'COMMIT' }),
      ]);
      return outcomes;
    });
  },
  'pg, `unnest` a group': (url) => unnested(pgPool(url)),
  'postgres, a statement each, pipelined': (url) => each(postgresQueryable(postgresPool(url))),
  'postgres, a transaction a group, pipelined': (url) => {
    const sql = postgresPool(url);
    return grouped(async (inputs) => {
      const outcomes = await sql.begin((transaction) => {
        const client = postgresQueryable(transaction);
        return Promise.all(inputs.map((input) => insertUser(client, input, NOW)));
      });
      return outcomes as (Inserted<User> | typeof EmailTaken)[];
    });
  },
  'postgres, `unnest` a group': (url) => unnested(postgresQueryable(postgresPool(url))),
} satisfies Record<string, (url: string) => Insert | Promise<Insert>>;

export type Strategy = keyof typeof STRATEGIES;

function each(db: Queryable): Insert {
  return (user) => insertUser(db, { user, origin: ORIGIN }, NOW);
}

function grouped(run: (inputs: UserInput[]) => Promise<(Inserted<User> | typeof EmailTaken)[]>): Insert {
  const batches = new Batches(run, GROUPS);
  return (user) => batches.add({ user, origin: ORIGIN });
}

function unnested(db: Queryable): Insert {
  return grouped((inputs) => insertUsers(db, inputs, NOW));
}

function pgPool(url: string): Queryable {
  return pgQueryable(new pg.Pool({ connectionString: url, max: CONNECTIONS, types }));
}

/** Connections that send a statement without waiting for the response to the one before. A pool would not share them. */
async function pgPipelines(url: string): Promise<Queryable[]> {
  const clients = Array.from({ length: CONNECTIONS }, () => {
    return new pg.Client({ connectionString: url, pipeline: true, types });
  });
  await Promise.all(clients.map((client) => client.connect()));
  return clients.map(pgQueryable);
}

function pgQueryable(client: pg.Pool | pg.Client): Queryable {
  return {
    async query(statement: Statement): Promise<Row[]> {
      const { rows } = await client.query<Row>({ ...statement, rowMode: 'array' });
      return rows;
    },
  };
}

function postgresPool(url: string): postgres.Sql {
  return postgres(url, {
    max: CONNECTIONS,
    types: { bigint: { to: INT8, from: [INT8], serialize: String, parse: Number } },
  });
}

function postgresQueryable(sql: postgres.Sql | postgres.TransactionSql): Queryable {
  return {
    async query({ text, values = [] }: Statement): Promise<Row[]> {
      // As pg does by itself.
      const sent = values.map((value) => (Array.isArray(value) ? value.map(toNull) : toNull(value)));
      return await sql.unsafe<Row[][]>(text, sent as postgres.SerializableParameter[], { prepare: true }).values();
    },
  };
}

function toNull(value: unknown): unknown {
  return value === undefined ? null : value;
}
