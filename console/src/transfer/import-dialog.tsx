import { useMemo, useState } from 'react';
import { refreshLists } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { TASKS, USERS } from '../api/records.ts';
import { session } from '../api/session.ts';
import { dateContext } from '../formats/date-context.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { type ColumnMapping, guessColumns, IMPORTED_FIELDS, type ImportedResource } from './columns.ts';
import type { CsvTable } from './csv.ts';
import styles from './import-dialog.module.css';
import { ColumnMap, Preview } from './import-preview.tsx';
import { planImport } from './plan.ts';
import { saveFile } from './save-file.ts';
import { type ImportResult, sendImport, writeRejects } from './send.ts';

interface ImportDialogProps {
  resource: ImportedResource;
  fileName: string;
  table: CsvTable;
  onClose: () => void;
}

/** Shows what an import of a file would create, imports it, and offers what was rejected as a file. */
export function ImportDialog({ resource, fileName, table, onClose }: ImportDialogProps) {
  const [mapping, setMapping] = useState<ColumnMapping>(() => guessColumns(resource, table));
  const [done, setDone] = useState<number>();
  const [result, setResult] = useState<ImportResult>();
  const [error, setError] = useState<string>();
  const [controller] = useState(() => new AbortController());
  const defaults = useMemo(() => ({ userId: session.get()?.caller.userId, dates: dateContext() }), []);
  const plan = useMemo(() => planImport(resource, table, mapping, defaults), [resource, table, mapping, defaults]);
  const valid = plan.filter(({ problems }) => problems.length === 0).length;

  const start = async () => {
    setError(undefined);
    setDone(0);
    try {
      const { signal } = controller;
      setResult(await sendImport(api, resource, plan, { signal, onProgress: setDone }));
    } catch (caught) {
      if (!controller.signal.aborted) setError((caught as Error).message);
    } finally {
      setDone(undefined);
      refreshLists(resource === 'tasks' ? TASKS : USERS);
    }
  };
  const close = () => {
    controller.abort();
    onClose();
  };
  const saveRejects = async () => {
    const name = fileName.replace(/\.csv$/i, '');
    if (result !== undefined) saveFile(`${name}-rejects.csv`, await writeRejects(table, result.rejected), 'text/csv');
  };

  return (
    <Dialog
      open
      onClose={close}
      width="wide"
      title={t('transfer.title', { file: fileName })}
      actions={
        result === undefined ? (
          <>
            <Button onClick={close}>{t('ui.cancel')}</Button>
            <Button look="primary" onClick={start} disabled={valid === 0 || done !== undefined}>
              {t('transfer.start', { count: valid })}
            </Button>
          </>
        ) : (
          <>
            {result.rejected.length > 0 && (
              <Button icon="download" onClick={saveRejects}>
                {t('transfer.saveRejects')}
              </Button>
            )}
            <Button look="primary" onClick={close}>
              {t('ui.close')}
            </Button>
          </>
        )
      }
    >
      {result === undefined ? (
        <>
          <p>
            {t('transfer.rows', { count: plan.length })} {t('transfer.rejected', { count: plan.length - valid })}
          </p>
          <ColumnMap table={table} fields={IMPORTED_FIELDS[resource]} mapping={mapping} onChange={setMapping} />
          <Preview plan={plan} resource={resource} />
          {done !== undefined && (
            <progress className={styles.progress} max={plan.length} value={done} aria-label={t('transfer.progress')} />
          )}
          {error !== undefined && (
            <p role="alert" className={styles.problem}>
              {error}
            </p>
          )}
        </>
      ) : (
        <>
          <p role="status">
            {t('transfer.created', { count: result.ids.length })}{' '}
            {t('transfer.rejected', { count: result.rejected.length })}
          </p>
          <Preview plan={result.rejected.map((row) => ({ ...row, body: {} }))} resource={resource} />
        </>
      )}
    </Dialog>
  );
}
