import { MIXES, type RequestKind } from './cost-kinds.ts';
import { type Results, readResults, type Table } from './results.ts';
import { toTable } from './table.ts';

/** The mean rates for which machines are estimated, in requests an hour. */
const RATES = [1e6, 1e7, 1e8, 1e9];
/** The highest rate of a day, as a multiple of the mean. */
const PEAK = 3;
/** How busy a core may be at the peak. */
const BUSY = 0.5;
/** The cores of a machine with the service, and the most of one with PostgreSQL. */
const SERVICE_CORES = 8;
const DATABASE_CORES = 32;
/** A machine may fail. */
const MIN_SERVICE_MACHINES = 2;
/** The bytes that a disk may write to the log of one PostgreSQL server in a second. */
const MAX_LOG_BYTES = 100e6;

const SIZES = ['100,000', '1,000,000'] as const;
/** On paper: the cost grows from one size to the next by as much as between the two that were measured. */
const PAPER_SIZES = ['10,000,000', '100,000,000'] as const;

const MIX = Object.entries(MIXES['the mix of the model']) as [RequestKind, number][];
const WRITES: readonly RequestKind[] = ['a new task', 'a change of a task'];

/** What a request of the mix costs. */
interface Cost {
  serviceMicros: number;
  /** On the server that accepts writes, and on the one that lists are read from. */
  primaryMicros: number;
  listMicros: number;
  logBytes: number;
  /** With the pages that are written as a whole, once after each checkpoint. */
  mostLogBytes: number;
}

/** Which machines a rate needs. */
export interface Plan {
  requestsAnHour: number;
  peakRate: number;
  serviceCores: number;
  serviceMachines: number;
  primaryCores: number;
  listCores: number;
  /** Of the write-ahead log at the peak, a second: without and with whole pages. */
  logBytes: number;
  mostLogBytes: number;
  /** By how much the database grows in a day. */
  dayBytes: number;
  /** How many primaries share the writes. */
  primaries: number;
}

export function planFor(requestsAnHour: number, results: Results): Plan {
  const cost = costOfMix(results, SIZES[1]);
  const mean = requestsAnHour / 3_600;
  const peakRate = mean * PEAK;
  const cores = (micros: number) => (peakRate * micros) / 1e6 / BUSY;
  const logBytes = peakRate * cost.logBytes;
  const primaryCores = cores(cost.primaryMicros);
  return {
    ...{ requestsAnHour, peakRate, primaryCores, logBytes },
    mostLogBytes: peakRate * cost.mostLogBytes,
    serviceCores: cores(cost.serviceMicros),
    serviceMachines: Math.max(MIN_SERVICE_MACHINES, Math.ceil(cores(cost.serviceMicros) / SERVICE_CORES)),
    listCores: cores(cost.listMicros),
    dayBytes: mean * 86_400 * (MIXES['the mix of the model']['a new task'] ?? 0) * bytesOfTask(results),
    primaries: Math.max(1, Math.ceil(primaryCores / DATABASE_CORES), Math.ceil(logBytes / MAX_LOG_BYTES)),
  };
}

/** The tables of docs/cost-model.md, as figures. */
export function costFigures(results: Results = readResults('RESULTS-cost.md')): [string, string][] {
  const cpu = results.table('CPU a request, µs');
  return [
    [
      'cost-constants',
      toTable(['CPU of the service, CPU of PostgreSQL; µs', ...SIZES, ...PAPER_SIZES], constants(cpu)),
    ],
    [
      'cost-machines',
      toTable(['requests an hour', ...RATES.map((rate) => rate.toLocaleString('en'))], machines(results)),
    ],
    ['cost-check', toTable(['', 'the model, µs', 'measured, µs', 'the model / measured'], check(results))],
  ];
}

function constants(cpu: Table): string[][] {
  return cpu.rows.map((row) => {
    const [service, database] = ['service', 'PostgreSQL'].map((who) =>
      SIZES.map((size) => cpu.number(row, `${who}, ${size}`)),
    ) as [number[], number[]];
    const paper = PAPER_SIZES.map((_, i) => [service, database].map((values) => extrapolate(values, i + 1)));
    return [row, ...SIZES.map((_, i) => [service[i], database[i]]), ...paper].map((cell) =>
      Array.isArray(cell) ? cell.map((value) => short(value as number)).join(' + ') : cell,
    );
  });
}

/** A cost at more rows. It does not fall, because that would be chance. */
function extrapolate([small = 0, big = 0]: readonly number[], decades: number): number {
  return big * Math.max(1, big / small) ** decades;
}

function machines(results: Results): string[][] {
  const plans = RATES.map((rate) => planFor(rate, results));
  const row = (name: string, cell: (plan: Plan) => string) => [name, ...plans.map(cell)];
  return [
    row('requests/s at the peak', ({ peakRate }) => short(peakRate)),
    row('busy cores of the service × 2', ({ serviceCores }) => toCores(serviceCores)),
    row(`machines of ${SERVICE_CORES} cores for it`, ({ serviceMachines }) => String(serviceMachines)),
    row('busy cores of the primary × 2, without lists', ({ primaryCores }) => toCores(primaryCores)),
    row('busy cores for lists × 2: of the primary, or of replicas', ({ listCores }) => toCores(listCores)),
    row('write-ahead log at the peak, MB/s', ({ logBytes }) => short(logBytes / 1e6)),
    row('the same soon after a checkpoint, with whole pages', ({ mostLogBytes }) => short(mostLogBytes / 1e6)),
    row('growth of the database, GB a day', ({ dayBytes }) => short(dayBytes / 1e9)),
    row('primaries that share the writes', ({ primaries }) => String(primaries)),
  ];
}

function check(results: Results): string[][] {
  const mixes = results.table('Mixes');
  return mixes.rows.flatMap((row) =>
    ['service', 'PostgreSQL'].map((who) => {
      const columns = mixes.columns;
      const column = columns.findIndex((name) => name.startsWith(`CPU of ${who === 'service' ? 'the service' : who}`));
      const measured = mixes.number(row, columns[column] as string);
      const model = modelOf(results, row, who);
      return [`${row}, ${who}`, short(model), short(measured), (model / measured).toFixed(2)];
    }),
  );
}

/** The sum of the parts of a mix, of which the row has the name and the number of tasks. */
function modelOf(results: Results, row: string, who: string): number {
  const cpu = results.table('CPU a request, µs');
  const [, name = '', size = ''] = /^(.*), ([\d,]+) tasks$/.exec(row) ?? [];
  const parts = Object.entries(MIXES[name as keyof typeof MIXES]);
  return parts.reduce((sum, [kind, share]) => sum + share * cpu.number(kind, `${who}, ${size}`), 0);
}

function costOfMix(results: Results, size: string): Cost {
  const cpu = results.table('CPU a request, µs');
  const log = results.table('Write-ahead log a request, bytes');
  const cost: Cost = { serviceMicros: 0, primaryMicros: 0, listMicros: 0, logBytes: 0, mostLogBytes: 0 };
  for (const [kind, share] of MIX) {
    const database = share * cpu.number(kind, `PostgreSQL, ${size}`);
    cost.serviceMicros += share * cpu.number(kind, `service, ${size}`);
    if (kind === 'the tasks of a user') cost.listMicros += database;
    else cost.primaryMicros += database;
    if (!WRITES.includes(kind)) continue;
    // In the small database, nearly all pages are in the log as a whole already.
    cost.logBytes += share * log.number(kind, SIZES[0]);
    cost.mostLogBytes += share * log.number(kind, size);
  }
  return cost;
}

/** With a tenth of a user, indexes and the change log. */
function bytesOfTask(results: Results): number {
  const disk = results.table('Disk');
  const [small, big] = SIZES.map((size) => disk.number(`${size} tasks`, 'MB')) as [number, number];
  const tasks = SIZES.map((size) => Number(size.replaceAll(',', ''))) as [number, number];
  return ((big - small) * 1e6) / (tasks[1] - tasks[0]);
}

function toCores(cores: number): string {
  return cores < 10 ? cores.toFixed(1) : short(cores);
}

/** Two significant digits. */
function short(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en');
}
