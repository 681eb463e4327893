import { useState } from 'react';
import { type ChangedQuestion, type OvertakenRecord, openQuestion } from '../api/questions.ts';
import { useStore } from '../api/store.ts';
import { mergeFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { DialogWindow } from '../ui/dialog-window.tsx';
import { Checkbox } from '../ui/field.tsx';
import styles from './changed-dialog.module.css';
import { FieldName, FieldValue } from './field-value.tsx';
import table from './versions-table.module.css';

/** Asks which records to change or delete although others have changed them. Once, around the application. */
export function ChangedDialog() {
  const question = useStore(openQuestion);
  return question && <Choices question={question} />;
}

function Choices({ question: { kind, action, records, resolve } }: { question: ChangedQuestion }) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => new Set(records.map(({ id }) => id)));
  const isDeletion = action === 'delete';
  const count = chosen.size;
  const keep = () => resolve(new Set());
  const toggle = (id: number) =>
    setChosen(new Set(chosen.has(id) ? [...chosen].filter((one) => one !== id) : [...chosen, id]));
  return (
    <DialogWindow
      isTop
      open
      onClose={keep}
      width="wide"
      title={kind === 'task' ? t('record.tasksChanged', { count: records.length }) : t('record.conflictTitle')}
      description={t(isDeletion ? 'record.notDeleted' : 'record.notChanged')}
      actions={
        <>
          <Button onClick={keep}>{t('record.keep')}</Button>
          <Button look={isDeletion ? 'danger' : 'primary'} disabled={count === 0} onClick={() => resolve(chosen)}>
            {t(isDeletion ? 'record.deleteAnyway' : 'record.changeAnyway', { count })}
          </Button>
        </>
      }
    >
      <ul className={styles.records}>
        {records.map((record) => (
          <li key={record.id}>
            <Checkbox
              label={`${record.title} #${record.id}`}
              checked={chosen.has(record.id)}
              onChange={() => toggle(record.id)}
            />
            <Changes kind={kind} record={record} />
          </li>
        ))}
      </ul>
    </DialogWindow>
  );
}

/** What others have changed, and what is to change. */
function Changes({ kind, record: { base, theirs, yours } }: { kind: string; record: OvertakenRecord }) {
  const fields = [...new Set([...Object.keys(base), ...Object.keys(theirs)])];
  const hasYours = Object.keys(yours).length > 0;
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">{t('record.field')}</th>
          <th scope="col">{t('record.shown')}</th>
          <th scope="col">{t('record.theirs')}</th>
          {hasYours && <th scope="col">{t('record.yours')}</th>}
        </tr>
      </thead>
      <tbody>
        {mergeFields(fields, base, yours, theirs).map((merged) => (
          <tr key={merged.field}>
            <th scope="row">
              <FieldName kind={kind} field={merged.field} />
            </th>
            <td data-side={t('record.shown')}>
              <FieldValue kind={kind} field={merged.field} value={merged.base} />
            </td>
            <td data-side={t('record.theirs')}>
              <FieldValue kind={kind} field={merged.field} value={merged.theirs} />
            </td>
            {hasYours && (
              <td data-side={t('record.yours')}>
                <FieldValue kind={kind} field={merged.field} value={merged.mine} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
