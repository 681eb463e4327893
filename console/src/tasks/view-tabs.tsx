import { TIME_ZONE } from '../formats/dates.ts';
import { formatNumber, t } from '../i18n/t.ts';
import { useMinute } from '../ui/date-time.tsx';
import { filtersOfView } from './list-query.ts';
import { VIEWS, type View } from './search.ts';
import { useCounts } from './use-counts.ts';
import styles from './view-tabs.module.css';

/** All, today, this week, overdue: each with its number of tasks. */
export function ViewTabs({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  const now = useMinute();
  const counts = useCounts(VIEWS.map((one) => filtersOfView(one, { now, timeZone: TIME_ZONE })));
  return (
    <nav className={styles.tabs} aria-label={t('tasks.views')}>
      {VIEWS.map((one, index) => {
        const count = counts[index];
        return (
          <button
            key={one}
            type="button"
            className={styles.tab}
            aria-current={one === view ? 'page' : undefined}
            onClick={() => onChange(one)}
          >
            {t(`tasks.view_${one}`)}
            <span className={`${styles.count} ${one === 'overdue' && count ? styles.overdue : ''}`}>
              {count === undefined ? '' : formatNumber(count)}
            </span>
          </button>
        );
      })}
    </nav>
  );
}
