/** What waits in the database. Times are milliseconds since the epoch, or null if nothing waits. */
export interface Backlog {
  emails: number;
  emailsDueSince: number | null;
  deliveries: number;
  deliveriesDueSince: number | null;
  remindersDueSince: number | null;
  /** Null if backups were never scheduled. */
  backups: BackupStatus | null;
  /** How many sequence numbers of the change log each consumer has not processed. */
  lags: Record<string, number>;
}

/** The scheduled backups. Times are milliseconds since the epoch. */
export interface BackupStatus {
  /** When they were first scheduled. */
  since: number;
  /** When the last one began that is complete, or null. */
  succeededAt: number | null;
  /** How many attempts have failed since. */
  failures: number;
}

/** The state of the database. */
export interface DatabaseStatus {
  engine: 'sqlite' | 'postgres';
  /** Of SQLite, or of the PostgreSQL server. */
  version: string;
  /** What the database takes of its disk, with its log on SQLite. */
  sizeBytes: number;
  /** The disk of a SQLite file, or null: the disk of a PostgreSQL server is not known. */
  disk: { freeBytes: number; totalBytes: number } | null;
  backlog: Backlog;
}
