import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from './clone.ts';
import { DocumentRun } from './document.ts';
import { parseBlocks } from './markdown.ts';
import { planSteps } from './steps.ts';

/** Longer than anything that a document tells a reader to wait for. */
const TIMEOUT_MS = 60_000;

/** Documents at a time. Each has a server of its own, so more of them only wait for each other. */
const CONCURRENCY = 4;

/** In this document `npx task-api` is run by npm. In the others the same program is started directly, which is faster. */
const RUN_WITH_NPM = 'README.md';

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'client/README.md'],
  ...globSync('docs/**/*.md', { cwd: ROOT }).sort(),
];

describe('every code block of the documentation works', { concurrency: CONCURRENCY }, () => {
  for (const document of documents) {
    test(document, async (t) => {
      const steps = planSteps(parseBlocks(readFileSync(join(ROOT, document), 'utf8')));
      const run = new DocumentRun(process.env, document === RUN_WITH_NPM);
      t.after(() => run.stop());
      for (const step of steps) {
        const { line, language } = step.block;
        await t.test(`${document}:${line} (${language})`, { timeout: TIMEOUT_MS }, async (t) => {
          const skipped = await run.take(step, t.signal);
          if (skipped !== undefined) t.skip(skipped);
        });
      }
    });
  }
});
