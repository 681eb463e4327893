import { type DragEvent, type ReactNode, useState } from 'react';
import { type Key, t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';
import type { CsvTable } from './csv.ts';
import styles from './drop-zone.module.css';

export interface DroppedFile {
  name: string;
  table: CsvTable;
}

/** Reads a file that was dropped or chosen. What cannot be read is reported. */
export async function readFile(file: File): Promise<DroppedFile | undefined> {
  const { CsvError, readCsvFile } = await import('./csv.ts');
  try {
    return { name: file.name, table: await readCsvFile(file) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const key: Key = `transfer.csv_${error.problem}`;
    showToast({ title: t(key, { subject: error.subject ?? '' }), isError: true });
    return undefined;
  }
}

interface DropZoneProps {
  isEnabled: boolean;
  onFile: (file: DroppedFile) => void;
  className?: string | undefined;
  children: ReactNode;
}

/** A part of the page onto which a file of CSV can be dropped. */
export function DropZone({ isEnabled, onFile, className, children }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  const allow = (event: DragEvent) => {
    if (!isEnabled || !event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    setIsOver(true);
  };
  const drop = async (event: DragEvent) => {
    const [file] = event.dataTransfer.files;
    if (!isEnabled || file === undefined) return;
    event.preventDefault();
    setIsOver(false);
    const read = await readFile(file);
    if (read !== undefined) onFile(read);
  };
  return (
    // Without a pointer, a button opens the file.
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <div
      className={className}
      onDragEnter={allow}
      onDragOver={allow}
      onDragLeave={(event) => event.currentTarget === event.target && setIsOver(false)}
      onDrop={drop}
    >
      {children}
      {isOver && <div className={styles.over}>{t('transfer.drop')}</div>}
    </div>
  );
}
