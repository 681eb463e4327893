/**
 * Writes one file for each group of test files, for `npm test` to run: a few test files of one folder in one process.
 * A process for each file would spend half of its time on loading the same modules and compiling them.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** More files to a group need less processor time, but the last groups of a run would be longer. */
const MAX_FILES = 6;

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, '.test-groups');

rmSync(TARGET, { recursive: true, force: true });
const folders = Map.groupBy(globSync('test/**/*.test.ts', { cwd: ROOT }).sort(), dirname);
for (const [folder, files] of folders) {
  const groupCount = Math.ceil(files.length / MAX_FILES);
  for (const group of Map.groupBy(files, (_, index) => index % groupCount).values()) writeGroup(folder, group);
}

/** The group is named for its files, so that the report names them if the group does not end. */
function writeGroup(folder: string, files: string[]): void {
  const target = join(
    TARGET,
    relative('test', folder),
    `${files.map((file) => basename(file, '.test.ts')).join(',')}.js`,
  );
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(join(ROOT, file)))};\n`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, imports.join(''));
}
