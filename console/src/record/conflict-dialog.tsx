import { useState } from 'react';
import { type Conflict, openConflict } from '../api/questions.ts';
import { useStore } from '../api/store.ts';
import { changesToSend, type MergedField, mergeFields, type Side, sideOf } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { DialogWindow } from '../ui/dialog-window.tsx';
import styles from './conflict-dialog.module.css';
import { FieldName, FieldValue } from './field-value.tsx';
import table from './versions-table.module.css';

/** Asks which side to take when a record has changed since it was shown. Once, around the application. */
export function ConflictDialog() {
  const conflict = useStore(openConflict);
  return conflict === undefined ? null : <Choices key={`${conflict.kind}/${conflict.id}`} conflict={conflict} />;
}

function Choices({ conflict: { kind, base, theirs, yours, resolve } }: { conflict: Conflict }) {
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({});
  const fields = [...new Set([...Object.keys(base), ...Object.keys(theirs), ...Object.keys(yours)])];
  const merged = mergeFields(fields, base, yours, theirs);
  const changes = changesToSend(merged, choices);
  return (
    <DialogWindow
      isTop
      open
      onClose={() => resolve(undefined)}
      width="wide"
      title={t('record.conflictTitle')}
      description={t('record.conflictHint')}
      actions={
        <>
          <Button onClick={() => resolve(undefined)}>{t('record.keepTheirs')}</Button>
          <Button look="primary" disabled={changes === undefined} onClick={() => resolve(changes)}>
            {t('record.saveResult')}
          </Button>
        </>
      }
    >
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{t('record.field')}</th>
            <th scope="col">{t('record.theirs')}</th>
            <th scope="col">{t('record.yours')}</th>
            <th scope="col">{t('record.result')}</th>
          </tr>
        </thead>
        <tbody>
          {merged.map((field) => (
            <FieldRow
              key={field.field}
              kind={kind}
              merged={field}
              side={sideOf(field, choices)}
              onChoose={(side) => setChoices({ ...choices, [field.field]: side })}
            />
          ))}
        </tbody>
      </table>
    </DialogWindow>
  );
}

interface FieldRowProps {
  kind: string;
  merged: MergedField;
  side: Side | undefined;
  onChoose: (side: Side) => void;
}

function FieldRow({ kind, merged, side, onChoose }: FieldRowProps) {
  const { field, changed } = merged;
  return (
    <tr className={changed === 'conflict' ? styles.conflict : ''}>
      <th scope="row">
        <FieldName kind={kind} field={field} />
      </th>
      {(['theirs', 'mine'] as const).map((one) => (
        <td key={one} data-side={t(one === 'theirs' ? 'record.theirs' : 'record.yours')}>
          <label className={styles.choice}>
            <input type="radio" name={field} checked={side === one} onChange={() => onChoose(one)} />
            <FieldValue kind={kind} field={field} value={merged[one]} />
          </label>
        </td>
      ))}
      <td aria-live="polite" data-side={t('record.result')}>
        {side === undefined ? (
          <span className={styles.open}>{t('record.choose')}</span>
        ) : (
          <FieldValue kind={kind} field={field} value={merged[side]} />
        )}
      </td>
    </tr>
  );
}
