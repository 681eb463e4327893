import { type Column, type Columns, type ColumnType, columnNames } from '../sql/columns.ts';

/** PostgreSQL's types. Arrays of bigint can be inserted into columns of smaller integer types. */
export const POSTGRES_TYPES: Record<ColumnType, string> = { integer: 'bigint', text: 'text', bytes: 'bytea' };

/** The arguments of `unnest` for {@link columnArrays}, the first of which is the parameter with the given number. */
export function arrayParameters(columns: Columns, first: number): string {
  return Object.values(columns)
    .map(({ type }, i) => `$${first + i}::${POSTGRES_TYPES[type]}[]`)
    .join(', ');
}

/** An array for each column, with the values of all items. */
export function columnArrays<Field extends string>(
  columns: Columns<Field>,
  items: readonly { readonly [Name in NoInfer<Field>]: unknown }[],
): unknown[][] {
  return Object.entries<Column>(columns).map(([field, { type }]) => {
    const values = items.map((item) => item[field as Field]);
    // In an array, pg does not convert a bigint to text.
    return type === 'integer' ? values.map((value) => (typeof value === 'bigint' ? String(value) : value)) : values;
  });
}

/** The assignments of an UPDATE, the first of which is to the parameter with the given number. */
export function assignments(columns: Columns, first: number): string {
  return columnNames(columns)
    .map((name, i) => `${name} = $${first + i}`)
    .join(', ');
}
