import { MIXES, type Mix, type MixName, type RequestKind } from './cost-kinds.ts';

/** What a request costs. */
export interface CostMeasure {
  /** CPU time, user and system. */
  serviceMicros: number;
  databaseMicros: number;
  /** Of the write-ahead log, including what the server writes in the background meanwhile. */
  logBytes: number;
  /** Requests a second. */
  rate: number;
}

/** A database of one size. A list has a measure for each round. */
export interface SizeResult {
  tasks: number;
  /** Of the database, before the measurement. */
  bytes: number;
  kinds: Partial<Record<RequestKind, CostMeasure[]>>;
  mixes: Partial<Record<MixName, CostMeasure[]>>;
}

export interface CostRun {
  date: Date;
  machine: string[];
  connections: number;
  rounds: number;
  sizes: SizeResult[];
}

/** The whole of RESULTS-cost.md. */
export function formatCostReport({ date, machine, connections, rounds, sizes }: CostRun): string {
  const names = sizes.map(({ tasks }) => tasks.toLocaleString('en'));
  const kinds = Object.keys(sizes[0]?.kinds ?? {}) as RequestKind[];
  const headings = names.flatMap((name) => [`service, ${name}`, `PostgreSQL, ${name}`]);
  return `# Results: the cost of a request

Written by \`npm run bench:cost\` on ${date.toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- one process of the service and one PostgreSQL server with its own settings, on the same machine
- ${connections} connections, each with the next request when it has its response, on random rows
- CPU time is the least of ${rounds} rounds, because other programs on the machine can only add to it; the log is the mean

The columns are the number of tasks in the database. A tenth as many users own them.

## CPU a request, µs

| | ${headings.join(' | ')} |
|---|${headings.map(() => '---|').join('')}
${kinds
  .map((kind) => {
    const cells = sizes.flatMap(({ kinds: measured }) => [
      typical(measured[kind], 'serviceMicros').toFixed(0),
      typical(measured[kind], 'databaseMicros').toFixed(0),
    ]);
    return `| ${kind} | ${cells.join(' | ')} |`;
  })
  .join('\n')}

## Write-ahead log a request, bytes

| | ${names.join(' | ')} |
|---|${names.map(() => '---|').join('')}
${kinds.map((kind) => `| ${kind} | ${sizes.map(({ kinds: measured }) => typical(measured[kind], 'logBytes').toFixed(0)).join(' | ')} |`).join('\n')}

After each checkpoint, every page that is changed is written into the log as a whole once. The more often a page is changed in between, the less
that is for a request.

## Disk

Of the whole database, with an entry of the change log for each row.

| | MB |
|---|---|
${sizes.map(({ bytes }, i) => `| ${names[i]} tasks | ${(bytes / 1e6).toFixed(0)} |`).join('\n')}

## Mixes

A mix of requests, measured as a whole, against the sum of its parts from the table above.

| | CPU of the service, µs | sum of its parts | CPU of PostgreSQL, µs | sum of its parts |
|---|---|---|---|---|
${sizes.flatMap((size, i) => mixNames(size).map((name) => mixRow(size, name, names[i] ?? ''))).join('\n')}
`;
}

function mixNames({ mixes }: SizeResult): MixName[] {
  return Object.keys(mixes) as MixName[];
}

function mixRow({ kinds, mixes }: SizeResult, name: MixName, tasks: string): string {
  const sum = (of: keyof CostMeasure) => {
    const parts = Object.entries(MIXES[name] as Mix) as [RequestKind, number][];
    return parts.reduce((total, [kind, share]) => total + share * typical(kinds[kind], of), 0);
  };
  const cells = (['serviceMicros', 'databaseMicros'] as const).flatMap((of) => [
    typical(mixes[name], of).toFixed(0),
    sum(of).toFixed(0),
  ]);
  return `| ${name}, ${tasks} tasks | ${cells.join(' | ')} |`;
}

/** The least CPU time; the mean of the log. */
function typical(measures: CostMeasure[] | undefined, of: keyof CostMeasure): number {
  const values = (measures ?? []).map((one) => one[of]);
  return of === 'logBytes' ? values.reduce((sum, value) => sum + value, 0) / values.length : Math.min(...values);
}
