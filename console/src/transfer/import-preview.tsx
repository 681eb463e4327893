import { t } from '../i18n/t.ts';
import { Select } from '../ui/select.tsx';
import { type ColumnMapping, IMPORTED_FIELDS, type ImportedResource } from './columns.ts';
import type { CsvTable } from './csv.ts';
import styles from './import-dialog.module.css';
import type { PlannedRow } from './plan.ts';

/** How many rows the preview shows. Those with problems come first. */
const SHOWN_ROWS = 8;

interface ColumnMapProps {
  table: CsvTable;
  fields: readonly string[];
  mapping: ColumnMapping;
  onChange: (mapping: ColumnMapping) => void;
}

/** Which field each column is. */
export function ColumnMap({ table, fields, mapping, onChange }: ColumnMapProps) {
  const options = [
    { value: '', label: t('transfer.notImported') },
    ...fields.map((field) => ({ value: field, label: field })),
  ];
  const select = (column: string, field: string) => {
    // Each field is one column.
    const others = Object.entries(mapping).map(([name, other]) => [name, other === field ? undefined : other]);
    onChange({ ...Object.fromEntries(others), [column]: field === '' ? undefined : field });
  };
  return (
    <ul className={styles.columns} aria-label={t('transfer.columns')}>
      {table.columns.map((column) => (
        <li key={column} className={styles.column}>
          <span className={styles.name}>
            {column}
            <span className={styles.sample}>{table.rows.find(({ cells }) => cells[column])?.cells[column]}</span>
          </span>
          <Select
            options={options}
            value={mapping[column] ?? ''}
            onChange={(field) => select(column, field)}
            name={t('transfer.fieldOf', { column })}
          />
        </li>
      ))}
    </ul>
  );
}

/** The first rows as they would be created, or why they would not. */
export function Preview({ plan, resource }: { plan: readonly PlannedRow[]; resource: ImportedResource }) {
  const wrong = plan.filter(({ problems }) => problems.length > 0);
  const shown = [...wrong, ...plan.filter(({ problems }) => problems.length === 0)].slice(0, SHOWN_ROWS);
  const fields = IMPORTED_FIELDS[resource].filter((field) => plan.some((row) => cellOf(row, field) !== undefined));
  const hasProblems = wrong.length > 0;
  if (shown.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section className={styles.scroller} tabIndex={0} aria-label={t('transfer.preview')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('transfer.line')}</th>
            {hasProblems && <th scope="col">{t('transfer.problem')}</th>}
            {fields.map((field) => (
              <th key={field} scope="col">
                {field}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              {hasProblems && (
                <td className={styles.problems}>{row.problems.map(({ message }) => message).join('; ')}</td>
              )}
              {fields.map((field) => (
                <td key={field} className={row.problems.some((one) => one.field === field) ? styles.problem : ''}>
                  {String(cellOf(row, field) ?? '')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function cellOf({ body, ownerEmail }: PlannedRow, field: string): unknown {
  return field === 'ownerEmail' ? ownerEmail : body[field];
}
