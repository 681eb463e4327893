import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository's own folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** Not part of a fresh clone that a document works in: the data is the reader's own, and git would see only links. */
const LEFT_OUT = ['data', '.git'];

/** What stands for the reader's clone while a document is tested. */
export interface Clone {
  /** Has everything that the repository's root has, as links, and an empty `data`. */
  root: string;
  /** A folder for the test's own files. */
  scratch: string;
  /** A folder for PATH, with an `npx` that runs `npx task-api` without npm: npm takes longer than the command. */
  quickNpx: string;
  remove: () => void;
}

/** Makes a clone of links: what a block writes or removes in it, `data` above all, is never the developer's own. */
export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'task-api-docs-'));
  const [root, scratch] = [join(folder, 'clone'), join(folder, 'scratch')];
  mkdirSync(join(root, 'data'), { recursive: true });
  for (const name of readdirSync(ROOT)) {
    if (!LEFT_OUT.includes(name)) symlinkSync(join(ROOT, name), join(root, name));
  }
  // On a terminal curl shows no progress, and the developer's own settings are no part of the document. Where no
  // output is shown nothing else would notice an error response, so curl itself has to.
  const silent = 'silent\nshow-error\n';
  for (const [name, settings] of [
    ['curl', silent],
    ['curl-strict', `${silent}fail\n`],
  ] as const) {
    mkdirSync(join(scratch, name), { recursive: true });
    writeFileSync(join(scratch, name, '.curlrc'), settings);
  }
  const quickNpx = join(scratch, 'bin');
  mkdirSync(quickNpx);
  writeFileSync(join(quickNpx, 'npx'), npxScript(join(root, 'bin/task-api.js')), { mode: 0o755 });
  return { root, scratch, quickNpx, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Any other command is passed to the `npx` that comes next in PATH. */
function npxScript(taskApi: string): string {
  return `#!/bin/sh
if [ "$1" = task-api ]; then shift; exec '${process.execPath}' '${taskApi}' "$@"; fi
PATH="\${PATH#*:}" exec npx "$@"
`;
}
