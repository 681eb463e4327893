import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../docs/clone.ts';
import { plainEnvironment } from '../docs/environment.ts';

/** How long npm may take to write or install the package, in milliseconds: five thousand files. */
const TIMEOUT_MS = 280_000;

/** What the example of the API's own "Create a user" prints on an empty database. */
export const FIRST_USER = { userId: 1, firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

const runFile = promisify(execFile);

/** The environment of a reader with an empty npm, with these folders first in PATH. */
export function packageEnvironment(home: string, ...path: string[]): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _, ...env } = plainEnvironment(process.env);
  return {
    ...env,
    HOME: home,
    PATH: [...path, env.PATH].join(':'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
}

/** Runs npm in a folder until it exits. @throws Error with what it printed, if it fails. */
export async function runNpm(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  await runFile('npm', args, { cwd, env, timeout: TIMEOUT_MS });
}

/** Runs `npm run package` and returns the path of the tarball in the folder. */
export async function packInto(folder: string): Promise<string> {
  await runNpm(['run', 'package', '--', folder], ROOT, packageEnvironment(folder));
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return join(folder, `${name}-${version}.tgz`);
}

/** The paths of the files in the package. */
export async function listFiles(tarball: string): Promise<string[]> {
  const { stdout } = await runFile('tar', ['-tzf', tarball], { maxBuffer: 8 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((path) => path !== '' && !path.endsWith('/'))
    .map((path) => path.replace(/^package\//, ''));
}

/** Runs the curl example of "Create a user" against this port, and returns the response's body. */
export async function runExample(port: number): Promise<unknown> {
  const example = readFileSync(join(ROOT, 'test/docs/seed/create-user.sh'), 'utf8');
  const { stdout } = await runFile('bash', ['-c', example.replaceAll('localhost:3000', `localhost:${port}`)]);
  return JSON.parse(stdout);
}
