import { useRef } from 'react';
import type { TaskStatus } from '#client';
import { t } from '../i18n/t.ts';
import { Dialog } from '../ui/dialog.tsx';
import { StatusChip } from '../ui/status-chip.tsx';
import { TASK_STATUSES } from './search.ts';
import styles from './status-dialog.module.css';

interface StatusDialogProps {
  /** The status that all of the tasks have; undefined if they differ. */
  status: TaskStatus | undefined;
  count: number;
  onSelect: (status: TaskStatus) => void;
  onClose: () => void;
}

/** Asks for a status: with arrows and Enter, or a digit. */
export function StatusDialog({ status, count, onSelect, onClose }: StatusDialogProps) {
  const list = useRef<HTMLDivElement>(null);
  const select = (selected: TaskStatus) => {
    onClose();
    onSelect(selected);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const numbered = TASK_STATUSES[Number(event.key) - 1];
    if (numbered !== undefined) return select(numbered);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step === undefined) return undefined;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const index = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(index + step + buttons.length) % buttons.length]?.focus();
    return undefined;
  };
  return (
    <Dialog open onClose={onClose} title={t('tasks.setStatus', { count })}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it */}
      <div ref={list} className={styles.list} onKeyDown={onKeyDown}>
        {TASK_STATUSES.map((one, index) => (
          <button
            key={one}
            type="button"
            className={styles.choice}
            aria-pressed={one === status}
            // biome-ignore lint/a11y/noAutofocus: the dialog was opened to choose
            autoFocus={one === (status ?? TASK_STATUSES[0])}
            onClick={() => select(one)}
          >
            <StatusChip status={one} />
            <kbd className={styles.key}>{index + 1}</kbd>
          </button>
        ))}
      </div>
    </Dialog>
  );
}
