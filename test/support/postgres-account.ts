import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/** The system user that runs PostgreSQL, as options of `spawn`. Empty for the user of this process. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** If this process runs as root, returns the user `postgres` and creates it if needed: PostgreSQL does not run as root. */
export async function findAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  return await readAccount().catch(async () => {
    await runProgram('useradd', ['--system', '--user-group', 'postgres']);
    return readAccount();
  });
}

async function readAccount(): Promise<Account> {
  const [uid, gid] = [await runProgram('id', ['-u', 'postgres']), await runProgram('id', ['-g', 'postgres'])];
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Creates a folder that the account can enter: in `parent` if given, else in the first suitable folder for temporary files.
 * TMPDIR may be accessible to one user only.
 *
 * @throws Error if no folder is suitable.
 */
export async function makeFolder(account: Account, parent: string | undefined): Promise<string> {
  const parents = parent === undefined ? [...new Set([tmpdir(), '/tmp', '/var/tmp', '/dev/shm'])] : [parent];
  for (const candidate of parents) {
    const folder = tryMakeFolder(candidate);
    if (folder === undefined) continue;
    if (await canEnter(folder, account)) return folder;
    rmSync(folder, { recursive: true });
  }
  throw new Error(`the user who runs PostgreSQL can enter none of these folders: ${parents.join(', ')}`);
}

function tryMakeFolder(parent: string): string | undefined {
  try {
    const folder = mkdtempSync(join(parent, 'task-api-postgres-'));
    chmodSync(folder, 0o755);
    return folder;
  } catch {
    return undefined;
  }
}

async function canEnter(folder: string, account: Account): Promise<boolean> {
  if (account.uid === undefined) return true;
  // Node enters `cwd` before it changes the user, so the shell must do it.
  const shell = spawn('sh', ['-c', 'cd "$0"', folder], { ...account, stdio: 'ignore' });
  return new Promise((resolve) => {
    shell.once('error', () => resolve(false));
    shell.once('exit', (code) => resolve(code === 0));
  });
}
