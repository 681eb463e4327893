import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { runProgram } from './run-program.ts';

/** Copies everything but the log, which a standby gets from its primary. `tar` reports files that change or disappear. */
const COPY = `mkdir -m 700 "$1" && tar -C "$0" --exclude='./pg_wal/0*' --exclude='./postmaster.*' -cf - . | tar -C "$1" -xpf - || true`;

/**
 * Copies the data of a running server for a standby (https://www.postgresql.org/docs/current/continuous-archiving.html).
 *
 * @param url of the server.
 * @param from the data folder of the server.
 * @param to the data folder of the standby, which does not exist. All files have the owner of `from`.
 */
export async function copyForStandby(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client(new URL('postgres', url).href);
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('copy', true)");
    await runProgram('sh', ['-c', COPY, from, to]);
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(to, 'backup_label'), rows[0].labelfile, { mode: 0o600 });
  } finally {
    await client.end();
  }
  const { hostname, port, username, password } = new URL(url);
  const settings = `host=${hostname} port=${port} user=${username} password=${password}`;
  writeFileSync(join(to, 'standby.signal'), '', { mode: 0o600 });
  writeFileSync(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${settings}'\n`);
  await runProgram('chown', ['-R', `--reference=${from}`, to]);
}
