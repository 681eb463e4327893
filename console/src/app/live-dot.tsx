import { reachability } from '../api/connection.ts';
import { useStore } from '../api/store.ts';
import { liveState } from '../api/stream-state.ts';
import { t } from '../i18n/t.ts';
import styles from './live-dot.module.css';

/** Whether changes by others arrive: a dot and a word. */
export function LiveDot() {
  const live = useStore(liveState);
  const reach = useStore(reachability);
  const state = reach === 'online' ? live : reach === 'offline' ? 'offline' : 'reconnecting';
  return (
    <span
      className={`${styles.live} ${state === 'live' ? styles.isLive : styles[state]}`}
      data-short={state === 'live' || state === 'connecting'}
      role="status"
      title={t(state === 'live' ? 'app.liveHint' : 'app.offlineHint')}
    >
      <span className={styles.dot} />
      <span className={styles.word}>{t(`app.${state}`)}</span>
    </span>
  );
}
