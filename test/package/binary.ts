import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../docs/clone.ts';

const CACHE = join(ROOT, 'node_modules/.cache/task-api-binary');

const BUILD_TIMEOUT_MS = 120_000;

/** Runs `npm run build:binary` and returns the path of the file. If nothing has changed since the last run, it is still there. */
export async function buildBinary(): Promise<string> {
  const folder = join(CACHE, hashInputs());
  if (!existsSync(folder)) {
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-binary.ts'), unfinished], {
      timeout: BUILD_TIMEOUT_MS,
    });
    renameSync(unfinished, folder);
  }
  return join(folder, 'task-api');
}

function hashInputs(): string {
  const hash = createHash('sha256').update(process.version);
  const files = globSync(['{src,client/src}/**/*.*', 'scripts/b*.ts', 'package.json', 'package-lock.json'], {
    cwd: ROOT,
  });
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, 32);
}
