/**
 * `npm run build:binary -- FOLDER`: writes the program as one executable file for this platform into the folder, by default
 * this one: Node, with the program and all its files inside.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import './build-console.ts';

const target = resolve(process.argv[2] ?? '.');
const output = join(target, process.platform === 'win32' ? 'task-api.exe' : 'task-api');

const stage = mkdtempSync(join(tmpdir(), 'task-api-binary-'));
try {
  const assets = await bundle(stage);
  const configuration = {
    main: 'main.mjs',
    mainFormat: 'module',
    output,
    assets,
    useCodeCache: true,
    disableExperimentalSEAWarning: true,
  };
  writeFileSync(join(stage, 'sea.json'), JSON.stringify(configuration));
  mkdirSync(target, { recursive: true });
  execFileSync(process.execPath, ['--build-sea', 'sea.json'], { cwd: stage, stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
