import { stripVTControlCharacters, styleText } from 'node:util';
import type { Task, User } from '../../client/src/index.ts';
import type { ImportedResource } from '../transfer/records.ts';

type Row = Record<string, unknown>;

interface Column {
  title: string;
  /** The text of a cell. */
  cell: (row: Row) => string;
}

/** Colors of statuses, in addition to their names. */
const STATUS_STYLES: Record<string, Parameters<typeof styleText>[0]> = {
  IN_PROGRESS: 'cyan',
  BLOCKED: 'red',
  DEFERRED: 'yellow',
  COMPLETED: 'green',
  CANCELLED: 'gray',
};

const text = (name: string) => (row: Row) => clean(String(row[name] ?? ''));

const COLUMNS: Record<ImportedResource, readonly Column[]> = {
  users: [
    { title: 'ID', cell: text('userId') },
    { title: 'FIRST NAME', cell: text('firstName') },
    { title: 'LAST NAME', cell: text('lastName') },
    { title: 'EMAIL', cell: text('contactEmail') },
  ],
  tasks: [
    { title: 'ID', cell: text('taskId') },
    { title: 'OWNER', cell: text('userId') },
    { title: 'TITLE', cell: text('taskTitle') },
    { title: 'STATUS', cell: (row) => colored(String(row.taskStatus)) },
    { title: 'DUE', cell: text('dueDate') },
    { title: 'WARNING', cell: text('warningOffset') },
  ],
};

/** A table of users or tasks. Colors are used on a terminal only, and not with `NO_COLOR` (https://no-color.org). */
export function formatItems(resource: ImportedResource, items: readonly (User | Task)[]): string {
  const columns = COLUMNS[resource];
  const rows = items.map((item) => columns.map(({ cell }) => cell(item as unknown as Row)));
  return alignColumns([columns.map(({ title }) => title), ...rows]);
}

/** The fields of one user or task, one on each line. */
export function formatItem(item: object): string {
  const rows = Object.entries(item).map(([name, value]) => [
    name,
    name === 'taskStatus' ? colored(String(value)) : clean(String(value)),
  ]);
  return alignColumns(rows);
}

/** Rows of cells as text, each column as wide as its widest cell. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? '')))) ?? [];
  const lines = rows.map((row) => {
    return row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

function colored(status: string): string {
  const style = STATUS_STYLES[status];
  return style === undefined ? clean(status) : styleText(style, status, { stream: process.stdout });
}

/** Without what changes a terminal. */
function clean(value: string): string {
  return escapeInvisible(stripVTControlCharacters(value));
}

/** Escapes characters that would break or reorder a row. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Characters of East Asian scripts and emoji take two columns. */
function widthOf(cell: string): number {
  let width = 0;
  for (const { segment } of SEGMENTER.segment(stripVTControlCharacters(cell))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

const SEGMENTER = new Intl.Segmenter();
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uFF01-\uFF60]/u;
