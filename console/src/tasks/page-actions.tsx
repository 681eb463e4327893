import { useRef } from 'react';
import { t } from '../i18n/t.ts';
import { type DroppedFile, readFile } from '../transfer/drop-zone.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import styles from './page.module.css';
import type { TaskSearch } from './search.ts';

interface PageActionsProps {
  layout: TaskSearch['layout'];
  onLayout: (layout: TaskSearch['layout']) => void;
  canWrite: boolean;
  onCreate: () => void;
  onFile: (file: DroppedFile) => void;
}

/** Table or board, import, new. */
export function PageActions({ layout, onLayout, canWrite, onCreate, onFile }: PageActionsProps) {
  const input = useRef<HTMLInputElement>(null);
  const choose = async () => {
    const [file] = input.current?.files ?? [];
    const read = file && (await readFile(file));
    if (input.current !== null) input.current.value = '';
    if (read !== undefined) onFile(read);
  };
  return (
    <div className={styles.actions}>
      <fieldset aria-label={t('tasks.layout')} className={styles.layouts}>
        <IconButton
          icon="list"
          name={t('tasks.table')}
          aria-pressed={layout === 'table'}
          onClick={() => onLayout('table')}
        />
        <IconButton
          icon="board"
          name={t('tasks.board')}
          aria-pressed={layout === 'board'}
          onClick={() => onLayout('board')}
        />
      </fieldset>
      {canWrite && (
        <>
          <IconButton
            icon="upload"
            name={t('tasks.import')}
            className={styles.import}
            onClick={() => input.current?.click()}
          />
          <input
            ref={input}
            type="file"
            accept=".csv,text/csv"
            hidden
            onChange={choose}
            aria-label={t('tasks.import')}
          />
          <Button look="primary" icon="plus" onClick={onCreate} aria-keyshortcuts="c" aria-label={t('tasks.new')}>
            <span className={styles.newText}>{t('tasks.newShort')}</span>
          </Button>
        </>
      )}
    </div>
  );
}
