import { Type } from '../type.ts';

const instant = (description: string) => Type.String({ format: 'date-time', description });
const bytes = (description: string) => Type.Integer({ minimum: 0, description: `${description}, in bytes` });
const milliseconds = (description: string) =>
  Type.Unsafe<number>({ type: 'number', minimum: 0, description: `${description}, in milliseconds` });
const count = (description: string) => Type.Integer({ minimum: 0, description });

const QueueSchema = Type.Object(
  {
    pending: count(
      'How many wait to be sent or retried, also for disabled webhooks. More than 10,000 are reported as 10,000',
    ),
    dueSince: Type.Optional(instant('Since when the first of them is due. Omitted if none is due')),
  },
  { title: 'QueueStatus' },
);

const DatabaseSchema = Type.Object(
  {
    engine: Type.Unsafe<'sqlite' | 'postgres'>({ type: 'string', enum: ['sqlite', 'postgres'] }),
    version: Type.String({ description: 'The version of SQLite, or of the PostgreSQL server' }),
    sizeBytes: bytes('The size of the database, on SQLite with its log'),
    diskFreeBytes: Type.Optional(bytes('What is free on the disk of the file. Omitted on PostgreSQL')),
    diskTotalBytes: Type.Optional(bytes('The size of the disk of the file. Omitted on PostgreSQL')),
  },
  { title: 'DatabaseStatus' },
);

const QueuesSchema = Type.Object(
  {
    emails: QueueSchema,
    deliveries: QueueSchema,
    reminders: Type.Object(
      {
        dueSince: Type.Optional(
          instant('Since when the first reminder is due that is not recorded. Omitted if none is'),
        ),
      },
      { title: 'ReminderStatus' },
    ),
  },
  { title: 'QueuesStatus' },
);

const BackupsSchema = Type.Object(
  {
    scheduledSince: instant('When backups were first scheduled'),
    lastSuccessAt: Type.Optional(instant('When the last backup began that is complete. Omitted if none is')),
    failures: count('Attempts that have failed since'),
  },
  { title: 'BackupStatus', description: 'The scheduled backups. Omitted if there were never any' },
);

const LoadSchema = Type.Object(
  {
    at: instant('When the interval of five seconds began'),
    requests: count('Requests, without streams of events'),
    errors: count('Responses with 500 or above'),
    medianMs: Type.Optional(milliseconds('The median duration of a request. Omitted without requests')),
    p99Ms: Type.Optional(
      milliseconds('The duration that 99 % of the requests did not exceed. Omitted without requests'),
    ),
    eventLoopDelayMs: milliseconds('The longest time for which the process handled no other request'),
  },
  { title: 'Load' },
);

const ProcessSchema = Type.Object(
  {
    startedAt: instant('When the process started'),
    nodeVersion: Type.String({ description: 'The version of Node.js' }),
    memoryBytes: bytes('Its memory (resident set)'),
    load: Type.Array(LoadSchema, { description: 'Its load in the last five minutes, oldest first' }),
  },
  {
    title: 'ProcessStatus',
    description: 'The process that has handled this request, which is one of several with `--workers`',
  },
);

/** The state of the service, for an operator. */
export const StatusSchema = Type.Object(
  {
    version: Type.String({ description: 'The version of the service' }),
    database: DatabaseSchema,
    queues: QueuesSchema,
    backups: Type.Optional(BackupsSchema),
    process: ProcessSchema,
  },
  {
    title: 'Status',
    examples: [
      {
        version: '1.0.0',
        database: {
          ...{ engine: 'sqlite', version: '3.50.4', sizeBytes: 4_194_304 },
          ...{ diskFreeBytes: 20_000_000_000, diskTotalBytes: 50_000_000_000 },
        },
        queues: {
          emails: { pending: 0 },
          deliveries: { pending: 2, dueSince: '2026-01-01T12:00:00.000Z' },
          reminders: {},
        },
        backups: {
          ...{ scheduledSince: '2026-01-01T00:00:00.000Z', lastSuccessAt: '2026-01-02T00:00:00.000Z', failures: 0 },
        },
        process: {
          ...{ startedAt: '2026-01-01T11:00:00.000Z', nodeVersion: '26.1.0', memoryBytes: 90_000_000 },
          load: [
            {
              ...{ at: '2026-01-01T12:00:00.000Z', requests: 120, errors: 0 },
              ...{ medianMs: 0.4, p99Ms: 2.1, eventLoopDelayMs: 3 },
            },
          ],
        },
      },
    ],
  },
);
