import type { ListQuery } from '../../domain/lists.ts';
import { toTask } from './task-rows.ts';
import { toUser } from './user-rows.ts';

/** The lists that can be streamed, and how to make an item from a row. */
const TO_ITEM = { users: toUser, tasks: toTask };

export type StreamedList = keyof typeof TO_ITEM;

/** A list of at most this many rows is read as one page instead of being streamed. */
const MAX_PAGE_ROWS = 100;
/** More than any list has. */
const ALL_ROWS = Number.MAX_SAFE_INTEGER - 1;

/** The queries of a whole list: its first page, which may be all of it, and all rows. */
export function wholeList<Filter, Field extends string>(
  query: ListQuery<Filter, Field>,
): Record<'firstPage' | 'all', ListQuery<Filter, Field>> {
  const whole = { ...query, from: { offset: 0 }, count: false };
  return { firstPage: { ...whole, limit: MAX_PAGE_ROWS }, all: { ...whole, limit: ALL_ROWS } };
}

const encoder = new TextEncoder();

/** An item as a line of JSON, the same JSON as in a response. */
export function toLine(list: StreamedList, row: readonly unknown[]): string {
  const { version, ...fields } = TO_ITEM[list](row);
  return `${JSON.stringify(fields)}\n`;
}

/** Items as lines of JSON in UTF-8. */
export function toLines(list: StreamedList, rows: readonly (readonly unknown[])[]): Uint8Array {
  return encoder.encode(rows.map((row) => toLine(list, row)).join(''));
}
