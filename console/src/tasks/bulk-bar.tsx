import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { SelectionBar } from '../ui/filter-bar.tsx';
import { Menu } from '../ui/menu.tsx';

interface BulkBarProps {
  count: number;
  canWrite: boolean;
  onStatus: () => void;
  onDue: () => void;
  /** Moves the due dates by days. */
  onShift: (days: number) => void;
  onExport: () => void;
  onDelete: () => void;
  onClear: () => void;
}

/** What can be done with the selected tasks. */
export function BulkBar({ count, canWrite, onStatus, onDue, onShift, onExport, onDelete, onClear }: BulkBarProps) {
  const shifts = [
    { label: t('tasks.shiftDays', { count: 1 }), run: () => onShift(1) },
    { label: t('tasks.shiftDays', { count: 7 }), run: () => onShift(7) },
    { label: t('tasks.chooseDate'), run: onDue },
  ];
  return (
    <SelectionBar count={count} onClear={onClear}>
      {canWrite && (
        <>
          <Button onClick={onStatus}>{t('tasks.setStatusShort')}</Button>
          <Menu trigger={<Button icon="calendar">{t('tasks.moveDue')}</Button>} groups={[{ actions: shifts }]} />
        </>
      )}
      <Button icon="download" onClick={onExport}>
        {t('tasks.export')}
      </Button>
      {canWrite && (
        <Button look="danger" onClick={onDelete}>
          {t('tasks.delete')}
        </Button>
      )}
    </SelectionBar>
  );
}
