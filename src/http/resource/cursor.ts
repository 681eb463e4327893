import { hash } from 'node:crypto';
import type { SortValue } from '../../domain/lists.ts';

/** The type of a sort field's values. */
export type SortKind = 'text' | 'number' | 'instant';

/** The pattern of a cursor. */
export const CURSOR = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$';

const CHECKSUM_LENGTH = 16;
/** Microseconds since the epoch, of the years 1 to 9999. */
const MICROSECONDS = /^-?\d{1,18}$/;

/**
 * Encodes a cursor: the sort values of the last row, perhaps followed by a time, and a checksum over them and the list with its order and filters. The
 * checksum detects mistakes, not forgery. A forged cursor is harmless: it leads to another page of the same list.
 *
 * @param list identifies the list: its path, order and filters, as any text.
 */
export function encodeCursor(values: SortValue[], list: string): string {
  const text = JSON.stringify(values.map((value) => (typeof value === 'bigint' ? String(value) : value)));
  return join(text, list);
}

/** The sort values, or undefined if the text is not a cursor of this list. */
export function decodeCursor(cursor: string, list: string, kinds: readonly SortKind[]): SortValue[] | undefined {
  // Compares the whole text, because base64 decoding is lenient: several texts would decode to the same cursor.
  if (join(textOf(cursor), list) !== cursor) return undefined;
  const values = parseValues(cursor);
  if (values?.length !== kinds.length) return undefined;
  const decoded = values.map((value, index) => decodeValue(value, kinds[index] as SortKind));
  return decoded.includes(undefined) ? undefined : (decoded as SortValue[]);
}

/** Whether a text has the form of a cursor, of any list. */
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
