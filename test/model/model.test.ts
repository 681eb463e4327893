import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { Sequence, Tally } from './sequence.ts';
import { steps } from './steps.ts';

/** How many sequences are run on each database; MODEL_SEQUENCES asks for more, as for the 10,000 of a thorough run. */
const COUNT = Number(process.env.MODEL_SEQUENCES ?? 100);

const OFTEN = [
  ...['GET 200', 'GET 304', 'GET 400', 'GET 404', 'POST 201', 'POST 400'],
  ...['PATCH 200', 'PATCH 400', 'PATCH 404', 'DELETE 204', 'DELETE 404'],
  ...['deleted a user with few tasks', 'deleted a user with many tasks'],
  ...['patched with a change', 'patched without a change'],
  ...['page by cursor', 'page of several users', 'page of several tasks'],
  ...['went on from a cursor at once', 'went on from a cursor after changes'],
];

/** Whom later steps are about follows from it. */
const RACES = 'which of several requests that race comes first is left to chance';

/** For as many sequences as anybody asks for, in milliseconds. */
const TIMEOUT = 3_600_000;

/** Without 500s and 503s nothing is logged at this level. */
const newApp = (t: TestContext): Promise<TestApp> => testApp(t, { logLevel: 'warn' });

testOnBothDatabases(
  `${COUNT} sequences of requests: every answer is what the model says`,
  {
    timeout: TIMEOUT,
    responsesDiffer: RACES,
  },
  async (t) => {
    let app = await newApp(t);
    const tally = new Tally();
    const property = fc.asyncProperty(steps, async (sequence) => {
      const run = new Sequence(app, tally);
      try {
        await run.run(sequence);
        await run.cleanUp();
        assert.deepEqual(app.log, []);
      } catch (error) {
        // Nothing of what failed may be left when a shorter sequence is tried.
        app = await newApp(t);
        throw error;
      }
    });
    await fc.assert(property, { numRuns: COUNT, seed: Number(process.env.MODEL_SEED ?? 20_260_301) });
    // Every kind of answer, and what is hardest to get right, came up often.
    for (const what of OFTEN)
      assert.ok((tally.counts[what] ?? 0) > COUNT / 20, `${what}: ${JSON.stringify(tally.counts)}`);
    t.diagnostic(JSON.stringify(tally.counts));
  },
);
