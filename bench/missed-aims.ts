import { median } from './statistics.ts';

/** What the service is meant to reach. */
export interface Aim {
  subject: string;
  /** A value a round; none if it was not measured. */
  values: readonly number[];
  bound: 'at least' | 'at most';
  limit: number;
  unit: string;
  /** How many digits after the point. */
  digits: number;
}

/** One line for each aim whose median over the rounds misses it, as it is written: not by digits that are not shown. */
export function formatMissedAims(aims: readonly Aim[]): string {
  const missed = aims.flatMap(({ subject, values, bound, limit, unit, digits }) => {
    if (values.length === 0) return [];
    const value = Number(median(values).toFixed(digits));
    if (bound === 'at least' ? value >= limit : value <= limit) return [];
    return `- ${subject}: ${bound} ${limit.toFixed(digits)} ${unit} was the aim, ${value.toFixed(digits)} ${unit} was measured`;
  });
  return missed.length === 0 ? 'None.' : missed.join('\n');
}
