import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './clone.ts';
import { parseBlocks } from './markdown.ts';
import { planSteps } from './steps.ts';

/**
 * The block of a page that a test outside of test/docs runs: the one with `<!-- test: checked by TEST -->`.
 *
 * @param page its path, from the root.
 * @param testFile the absolute path of the test.
 * @throws Error if the page does not have exactly one.
 */
export function readCheckedBlock(page: string, testFile: string): string {
  const test = relative(ROOT, testFile);
  const steps = planSteps(parseBlocks(readFileSync(join(ROOT, page), 'utf8')));
  const [step, ...more] = steps.filter((step) => step.kind === 'checked-elsewhere' && step.test === test);
  if (step === undefined || more.length > 0) throw new Error(`${page} must have one block that is checked by ${test}`);
  return step.block.text;
}
