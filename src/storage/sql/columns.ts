/** How a column stores its values. */
export type ColumnType = 'integer' | 'text' | 'bytes';

export type ColumnValue = string | number | bigint | Uint8Array | null;

export interface Column {
  /** The same in both databases. */
  name: string;
  type: ColumnType;
  /** Whether the resource lacks the field, instead of having `null`, if the column is NULL. */
  omitNull?: boolean;
}

/** The columns of a table, by the field that each stores. Their order is that of statements and rows. */
export type Columns<Field extends string = string> = Readonly<Record<Field, Column>>;

export function integer(name: string): Column {
  return { name, type: 'integer' };
}

export function text(name: string): Column {
  return { name, type: 'text' };
}

export function bytes(name: string): Column {
  return { name, type: 'bytes' };
}

/** The names of columns, for SELECT and INSERT. */
export function columnList(columns: Columns): string {
  return columnNames(columns).join(', ');
}

export function columnNames(columns: Columns): string[] {
  return Object.values(columns).map(({ name }) => name);
}

/** The values of an item's fields, in the order of the columns; null for a field that is missing. */
export function columnValues<Field extends string>(
  columns: Columns<Field>,
  item: { readonly [Name in NoInfer<Field>]?: ColumnValue },
): ColumnValue[] {
  return (Object.keys(columns) as Field[]).map((field) => item[field] ?? null);
}

/** The columns whose values differ, with the values after the change. */
export function changedColumns<Field extends string>(
  columns: Columns<Field>,
  before: { readonly [Name in NoInfer<Field>]?: ColumnValue },
  after: { readonly [Name in NoInfer<Field>]?: ColumnValue },
): Record<string, ColumnValue> {
  const [old, values] = [columnValues(columns, before), columnValues(columns, after)];
  const entries = columnNames(columns).map((name, i) => [name, values[i]] as [string, ColumnValue]);
  return Object.fromEntries(entries.filter((_, i) => values[i] !== old[i]));
}

/** Returns a function that makes an item from a row that starts with these columns. */
export function rowDecoder<Item extends object>(
  columns: Columns<keyof Item & string>,
): (row: readonly unknown[]) => Item {
  const fields = Object.keys(columns);
  const omitNull = Object.values<Column>(columns).map((column) => column.omitNull === true);
  return (row) => {
    const item: Record<string, unknown> = {};
    for (let i = 0; i < fields.length; i++) {
      if (row[i] !== null || !omitNull[i]) item[fields[i] as string] = row[i];
    }
    return item as Item;
  };
}
