import type { TestEvent } from 'node:test/reporters';

/** A reporter of the test runner: the path of each file with a failed test, a line each. */
export default async function* failedTestFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Set<string>();
  for await (const event of events) {
    if (event.type !== 'test:fail') continue;
    // A test of a file that the entry file imports, or the process of the entry file itself.
    const { entryFile, file } = event.data as { entryFile?: string; file?: string };
    const failed = entryFile ?? file;
    if (failed === undefined || files.has(failed)) continue;
    files.add(failed);
    yield `${failed}\n`;
  }
}
