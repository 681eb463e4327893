import type { Change } from '#client';
import { t } from '../i18n/t.ts';
import table from '../ui/table.module.css';
import styles from './page.module.css';

/** The fields of an entry with their values before and after. */
export function ChangedValues({ change: { type, actor, sequence, before = {}, after = {} } }: { change: Change }) {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return (
    <div className={styles.values}>
      <p className={table.soft}>
        #{sequence} · <code>{type}</code> · <code>{actor}</code>
      </p>
      {fields.length === 0 ? (
        <p className={table.soft}>{t('audit.noValues')}</p>
      ) : (
        <table className={styles.fields}>
          <thead>
            <tr>
              <th>{t('audit.field')}</th>
              <th>{t('audit.before')}</th>
              <th>{t('audit.after')}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field}>
                <th scope="row">{field}</th>
                <td>{print(before[field])}</td>
                <td>{print(after[field])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function print(value: unknown): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
