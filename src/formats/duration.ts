export const DAY_MS = 86_400_000;
const UNITS_MS = { m: 60_000, h: 3_600_000, d: DAY_MS };

/** Parses a duration, such as `90d`, `6h` or `30m`, into milliseconds. Undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit as keyof typeof UNITS_MS];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}
