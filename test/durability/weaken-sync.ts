import { DatabaseSync } from 'node:sqlite';

// Loaded into a server by --import: the setting that durability rests on becomes WEAKEN_SYNC instead, to prove that
// fsync.test.ts would notice.
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  exec.call(this, sql.replace(/synchronous = \w+/, `synchronous = ${process.env.WEAKEN_SYNC}`));
};
