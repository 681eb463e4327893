import type { Block } from './markdown.ts';

export type Runnable = 'bash' | 'javascript' | 'python';
export type Output = 'json' | 'text' | 'console' | 'http';

/** What is done with a block. */
export type Step = { block: Block } & (
  | { kind: 'run'; language: Runnable; freshServer: boolean; output: Output | undefined }
  /** Compared with what the step before printed. */
  | { kind: 'output'; language: Output }
  | { kind: 'parse-json' }
  /** A diagram or a drawing: all that can go wrong is that it is not there. */
  | { kind: 'show' }
  /** Not run here: another test, at this path, runs it. */
  | { kind: 'checked-elsewhere'; test: string }
  | { kind: 'skip'; reason: string }
  | { kind: 'wrong'; problem: string }
);

const RUNNABLE: readonly string[] = ['bash', 'javascript', 'python'] satisfies Runnable[];
const OUTPUTS: readonly string[] = ['json', 'text', 'console', 'http'] satisfies Output[];
const SHOWN: readonly string[] = ['mermaid', 'text'];
const NOT_RUN = /^not run: (.*\S)$/;
const CHECKED_BY = /^checked by (test\/\S+\.test\.ts)$/;

/** What to do with each block of a document, in order. */
export function planSteps(blocks: Block[]): Step[] {
  return blocks.map((block, index) => planStep(block, blocks[index - 1], blocks[index + 1]));
}

function planStep(block: Block, before: Block | undefined, after: Block | undefined): Step {
  const { language, notes } = block;
  const wrong = (problem: string): Step => ({ block, kind: 'wrong', problem });
  const [note, ...more] = notes;
  if (more.length > 0) return wrong('only one comment for the tests can stand before a block');
  const reason = NOT_RUN.exec(note ?? '')?.[1];
  if (reason !== undefined) return { block, kind: 'skip', reason };
  const test = CHECKED_BY.exec(note ?? '')?.[1];
  if (test !== undefined) return { block, kind: 'checked-elsewhere', test };
  if (note === 'output') {
    if (!isOutput(language)) return wrong(`an output is one of ${OUTPUTS.join(', ')}; this is "${language}"`);
    if (before === undefined || !isRunnable(before.language)) return wrong('an output must follow a block that runs');
    return { block, kind: 'output', language };
  }
  if (isRunnable(language) && (note === undefined || note === 'fresh-server')) {
    const output = after?.notes.includes('output') && isOutput(after.language) ? after.language : undefined;
    return { block, kind: 'run', language, freshServer: note === 'fresh-server', output };
  }
  if (note !== undefined) return wrong(`"test: ${note}" is not known or has no meaning for a block of "${language}"`);
  if (before !== undefined && isRunnable(before.language) && block.sameSection && isOutput(language)) {
    // Without its comment an output would pass whatever it says.
    return wrong('this follows a block that runs: mark it <!-- test: output -->, or <!-- test: not run: REASON -->');
  }
  if (language === 'json') return { block, kind: 'parse-json' };
  if (SHOWN.includes(language)) return { block, kind: 'show' };
  return wrong(
    `no rule for a block of "${language}": see test/docs/steps.ts, or mark it <!-- test: not run: REASON -->`,
  );
}

function isRunnable(language: string): language is Runnable {
  return RUNNABLE.includes(language);
}

function isOutput(language: string): language is Output {
  return OUTPUTS.includes(language);
}
