import { t } from '../i18n/t.ts';
import { DialogWindow } from '../ui/dialog-window.tsx';
import styles from './key-help.module.css';
import { listKeys, printKeys } from './keys.ts';
import { overlay } from './palette-state.ts';

/** All keys that do something on this page. */
export function KeyHelp() {
  return (
    <DialogWindow open title={t('app.help')} onClose={() => overlay.set(undefined)}>
      <dl className={styles.keys}>
        {listKeys().map(({ keys, name }) => (
          <div key={keys} className={styles.line}>
            <dt>{name === undefined ? keys : t(name)}</dt>
            <dd>
              <kbd>{printKeys(keys)}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </DialogWindow>
  );
}
