import type { ListTasksQuery } from '#client';
import { t } from '../i18n/t.ts';
import { ActionButton, Button } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { SelectionBar } from '../ui/selection-bar.tsx';
import styles from './bulk-bar.module.css';
import { useReadAll } from './use-read-all.ts';
import type { Selection } from './use-selection.ts';

interface BulkBarProps {
  selection: Selection;
  /** Filters and order. */
  query: ListTasksQuery;
  canWrite: boolean;
  onStatus: () => void;
  onDue: () => void;
  /** Moves the due dates by days. */
  onShift: (days: number) => void;
  onExport: () => void;
  onDelete: () => void;
}

/** What can be done with the selected tasks. */
export function BulkBar({ selection, query, ...actions }: BulkBarProps) {
  const { ids, matching } = selection;
  const { selectAll, stop, readCount } = useReadAll(selection, query);
  const isReading = matching !== undefined && readCount !== undefined;
  return (
    <SelectionBar
      label={
        matching === undefined
          ? t('ui.selectedCount', { count: ids.length })
          : t('tasks.selectedOf', { selected: ids.length, count: matching })
      }
      more={
        matching !== undefined &&
        !isReading && <Button onClick={selectAll}>{t('tasks.selectAll', { count: matching })}</Button>
      }
      onClear={() => selection.select([])}
    >
      {isReading ? (
        <>
          <label className={styles.reading}>
            <progress value={readCount} max={matching} />
            {t('tasks.readOf', { read: readCount, count: matching })}
          </label>
          <Button onClick={stop}>{t('tasks.stopReading')}</Button>
        </>
      ) : (
        <BulkActions {...actions} />
      )}
    </SelectionBar>
  );
}

function BulkActions({
  canWrite,
  onStatus,
  onDue,
  onShift,
  onExport,
  onDelete,
}: Omit<BulkBarProps, 'selection' | 'query'>) {
  const shifts = [
    { label: t('tasks.shiftDays', { count: 1 }), run: () => onShift(1) },
    { label: t('tasks.shiftDays', { count: 7 }), run: () => onShift(7) },
    { label: t('tasks.chooseDate'), run: onDue },
  ];
  return (
    <>
      {canWrite && (
        <>
          <Button onClick={onStatus}>{t('tasks.setStatusShort')}</Button>
          <Menu trigger={<ActionButton icon="calendar" name={t('tasks.moveDue')} />} groups={[{ actions: shifts }]} />
        </>
      )}
      <ActionButton icon="download" name={t('tasks.export')} onClick={onExport} />
      {canWrite && <ActionButton icon="trash" name={t('tasks.delete')} look="danger" onClick={onDelete} />}
    </>
  );
}
