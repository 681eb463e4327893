import type { JobResult } from '../generator/job.ts';
import { median } from '../statistics.ts';

/** The median of a value over the rounds, with the least and the greatest if there are several; empty if it has no values. */
export function cell(values: readonly number[], digits: number): string {
  if (values.length === 0) return '';
  const middle = group(median(values), digits);
  if (values.length === 1) return middle;
  return `${middle} (${group(Math.min(...values), digits)} to ${group(Math.max(...values), digits)})`;
}

/** A row of a Markdown table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The head of a Markdown table whose first column has no heading. */
export function head(columns: readonly string[]): string {
  return `| | ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}`;
}

/** With the thousands set apart. */
export function group(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function perSecond({ responses, seconds }: Pick<JobResult, 'responses' | 'seconds'>): number {
  return responses / seconds;
}

/** CPU of the server for each request, in µs. */
export function cpuMicros({ serverCpu, responses }: Pick<JobResult, 'serverCpu' | 'responses'>): number {
  return (serverCpu * 1e6) / responses;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A number of connections, as the tables write it. */
export function connectionsText(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`;
}
