import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import fc from '../support/fast-check.ts';
import { commands, firstCommands } from './commands.ts';
import { assertOk, NAMES } from './expectations.ts';
import { walkFrom } from './reads.ts';
import { Service, Tally } from './service.ts';
import { deleteRow } from './writes.ts';

/** How many sequences run on each database. */
const COUNT = Number(process.env.MODEL_SEQUENCES ?? 100);

/** What must come up in more than one of 20 sequences. */
const OFTEN = [
  ...['GET 200', 'GET 304', 'GET 400', 'GET 404', 'POST 201', 'POST 400'],
  ...['PATCH 200', 'PATCH 400', 'PATCH 404', 'DELETE 204', 'DELETE 404'],
  ...['deleted a user with few tasks', 'deleted a user with many tasks'],
  ...['POST batch 200', 'POST batch 201', 'POST batch 204', 'POST batch 400'],
  ...['PATCH batch 200', 'PATCH batch 400', 'PATCH batch 412'],
  ...['patched with a change', 'patched without a change'],
  ...['page by cursor', 'page of several users', 'page of several tasks', 'stream of several rows'],
  ...['continued from a cursor without changes', 'continued from a cursor after changes'],
  'found by words',
];

/** Later steps depend on which request wins. */
const RACES = 'of several concurrent requests, any may be the first';

/** Enough for 10,000 sequences. */
const TIMEOUT_MS = 3_600_000;

/** At this level nothing is logged without a 500 or a 503. */
const newApp = (t: TestContext): Promise<TestApp> => testApp(t, { logLevel: 'warn' });

testOnBothDatabases(
  `${COUNT} sequences of requests get the responses of the model`,
  { timeout: TIMEOUT_MS, responsesDiffer: RACES },
  async (t) => {
    let app = await newApp(t);
    const tally = new Tally();
    const property = fc.asyncProperty(firstCommands, commands, async (first, others) => {
      const service = new Service(app, tally);
      try {
        await fc.asyncModelRun(() => ({ model: service.model, real: service }), [...first, ...others]);
        await assertLists(service);
        await cleanUp(service);
        assert.deepEqual(app.log, []);
      } catch (error) {
        // A shorter sequence must not find the rows of the one that failed.
        app = await newApp(t);
        throw error;
      }
    });
    await fc.assert(property, { numRuns: COUNT, seed: Number(process.env.MODEL_SEED ?? 20_260_301) });
    for (const what of OFTEN) {
      assert.ok((tally.counts[what] ?? 0) > COUNT / 20, `${what}: ${JSON.stringify(tally.counts)}`);
    }
    t.diagnostic(JSON.stringify(tally.counts));
  },
);

/** Checks every user and every task. */
async function assertLists(service: Service): Promise<void> {
  for (const kind of ['users', 'tasks'] as const) {
    await walkFrom(service, { kind, sort: [], filter: {} }, new URLSearchParams({ _perPage: '100' }), true);
  }
}

/** Deletes all users, and with them all tasks. */
async function cleanUp(service: Service): Promise<void> {
  for (const { id } of [...service.model.users.values()]) await deleteRow(service, 'users', id);
  for (const kind of ['users', 'tasks'] as const) {
    assertOk(await service.send('GET', NAMES[kind].path), { [kind]: [] });
  }
}
