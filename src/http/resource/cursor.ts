import { hash } from 'node:crypto';
import type { SortValue } from '../../domain/lists.ts';

/** What the values of a sort field are. */
export type SortKind = 'text' | 'number' | 'instant';

/** The pattern of a cursor. */
export const CURSOR = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$';

const CHECKSUM_LENGTH = 16;
/** Nanoseconds would need more digits: microseconds of the years 1 to 9999 do not. */
const MICROSECONDS = /^-?\d{1,18}$/;

/**
 * A place in a list, to go on from: the values by which the last row was sorted, and a checksum that ties them to the
 * list, its order and its filters. It guards against mix-ups and typing, not against making one up: who does so gets
 * a page of the same list, from another place.
 *
 * @param list what the place is in: path, order and filters, in any form that tells them apart.
 */
export function encodeCursor(values: SortValue[], list: string): string {
  const text = JSON.stringify(values.map((value) => (typeof value === 'bigint' ? String(value) : value)));
  return join(text, list);
}

/** The place, or undefined for a text that is no cursor of this list. */
export function decodeCursor(cursor: string, list: string, kinds: readonly SortKind[]): SortValue[] | undefined {
  // As a whole: base64 is read leniently, and more than one text would be the same place.
  if (join(textOf(cursor), list) !== cursor) return undefined;
  const values = parseValues(cursor);
  if (values?.length !== kinds.length) return undefined;
  const decoded = values.map((value, index) => decodeValue(value, kinds[index] as SortKind));
  return decoded.includes(undefined) ? undefined : (decoded as SortValue[]);
}

/** Whether a text can be a cursor of any list. */
export function isCursor(text: string): boolean {
  return text.split('.')[1]?.length === CHECKSUM_LENGTH && parseValues(text) !== undefined;
}

function textOf(cursor: string): string {
  return Buffer.from(cursor.split('.', 1)[0] as string, 'base64url').toString();
}

function parseValues(cursor: string): unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(textOf(cursor));
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

function decodeValue(value: unknown, kind: SortKind): SortValue | undefined {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value.isWellFormed() && !value.includes('\0') ? value : undefined;
    case 'number':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'instant':
      return typeof value === 'string' && MICROSECONDS.test(value) ? BigInt(value) : undefined;
  }
}

function join(text: string, list: string): string {
  const checksum = hash('sha256', `${list}\n${text}`, 'base64url').slice(0, CHECKSUM_LENGTH);
  return `${Buffer.from(text).toString('base64url')}.${checksum}`;
}
