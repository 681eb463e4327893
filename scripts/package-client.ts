/** `npm run client:package -- FOLDER`: writes the package of the client into the folder, by default this one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildClient } from './build-client.ts';

const target = resolve(process.argv[2] ?? '.');
const stage = mkdtempSync(join(tmpdir(), 'task-api-client-'));
try {
  buildClient(stage);
  execFileSync('npm', ['pack', '--pack-destination', target], { cwd: stage, stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
