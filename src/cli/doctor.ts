import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { translateOpenError } from '../storage/sqlite/errors.ts';
import { checkVersion, latestVersion } from '../storage/sqlite/migrate.ts';
import { CliError } from './cli-error.ts';
import { findFreeAddresses } from './listen.ts';
import { addSettings, readSettings } from './settings.ts';

/** What the program is written for: it has `node:sqlite` and runs TypeScript as it is. */
const NODE_MAJOR = 26;
/** Below this many bytes of free disk a write may soon fail. */
const LOW_DISK = 100 * 1024 * 1024;

/** What a check found: in order, or what to do. */
type Finding = { ok: true; text: string } | { ok: false; text: string; advice: string };

/** Checks what a first start needs, changes nothing, and says what to do. Exit code 1 when anything is amiss. */
export function addDoctor(program: Command): void {
  const command = program.command('doctor').description('check what a start needs, and say what to do');
  addSettings(command, ['host', 'port', 'databaseUrl', 'logLevel', 'plans']);
  command.action(async () => {
    const config = readSettings(command);
    const findings = [checkNode(), checkFolder(config), checkDatabase(config), await checkPort(config)];
    for (const finding of findings) {
      process.stdout.write(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.text}\n`);
      if (!finding.ok) process.stdout.write(`      ${finding.advice}\n`);
    }
    const failed = findings.filter(({ ok }) => !ok).length;
    if (failed > 0) throw new CliError(`${failed} of ${findings.length} checks failed; see above for what to do`);
  });
}

function checkNode(): Finding {
  const text = `Node ${process.versions.node}, SQLite ${process.versions.sqlite}`;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return { ok: true, text };
  return { ok: false, text, advice: `Run it through npm, which uses the Node ${NODE_MAJOR} that npm install brought.` };
}

function checkFolder({ databaseFile }: Config): Finding {
  // The folder is made at the first start: until then it is the nearest one there is that must be writable.
  let folder = dirname(databaseFile);
  while (!existsSync(folder)) folder = dirname(folder);
  const advice = `Make ${folder} writable with some space, or choose another place with DATABASE_URL=file:PATH.`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return { ok: false, text: `the folder ${folder} cannot be written`, advice };
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = `${Math.floor((bavail * bsize) / 1024 / 1024)} MiB free`;
  if (bavail * bsize < LOW_DISK) return { ok: false, text: `the folder ${folder} has only ${free}`, advice };
  return { ok: true, text: `the folder ${folder} can be written, ${free}` };
}

function checkDatabase({ databaseFile }: Config): Finding {
  if (!existsSync(databaseFile)) return { ok: true, text: `${databaseFile} will be created at the first start` };
  try {
    const db = new DatabaseSync(databaseFile, { readOnly: true });
    try {
      const [version, newest] = [checkVersion(db), latestVersion()];
      const step = version < newest ? `; the next start brings it to ${newest}` : '';
      return { ok: true, text: `${databaseFile} is at version ${version}${step}` };
    } finally {
      db.close();
    }
  } catch (error) {
    const advice = 'Choose another file with DATABASE_URL=file:PATH, or put this one right.';
    return { ok: false, text: (translateOpenError(error, databaseFile) as Error).message, advice };
  }
}

async function checkPort({ host, port }: Config): Promise<Finding> {
  try {
    await findFreeAddresses(host, port);
    return { ok: true, text: `${host}, port ${port} is free` };
  } catch (error) {
    const advice = 'Where this service is running already, that is what has the port, and all is well.';
    return { ok: false, text: (error as Error).message, advice };
  }
}
