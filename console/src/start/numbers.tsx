import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../api/client.ts';
import { TASKS, USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { startOfDay } from '../formats/dates.ts';
import { formatNumber, type Key, t } from '../i18n/t.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './start.module.css';

const OPEN = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED'] as const;

/** What there is, as numbers that lead to the lists. */
export function Numbers() {
  const canReadTasks = hasScopes(['tasks:read']);
  const one = { perPage: 1 };
  const counted = { count: true };
  return (
    <ul className={styles.numbers}>
      {hasScopes(['users:read']) && (
        <NumberLink name="start.users" kind={USERS.name} to="/users" read={() => api.users.listPage(one, counted)} />
      )}
      {canReadTasks && (
        <>
          <NumberLink
            name="start.open"
            kind={TASKS.name}
            to="/tasks"
            read={() => api.tasks.listPage({ ...one, taskStatus: [...OPEN] }, counted)}
          />
          <NumberLink
            name="start.today"
            kind={TASKS.name}
            to="/tasks?view=today"
            read={() => api.tasks.listPage({ ...one, taskStatus: [...OPEN], ...today() }, counted)}
          />
          <NumberLink
            name="start.overdue"
            kind={TASKS.name}
            to="/tasks?view=overdue"
            read={() => api.tasks.listPage({ ...one, overdue: true }, counted)}
          />
        </>
      )}
    </ul>
  );
}

/** From midnight to midnight in the reader's zone. */
function today(): { dueAfter: string; dueBefore: string } {
  const start = startOfDay(Date.now());
  const end = startOfDay(start + 36 * 3_600_000);
  return { dueAfter: new Date(start - 1).toISOString(), dueBefore: new Date(end).toISOString() };
}

interface NumberLinkProps {
  name: Key;
  kind: string;
  to: string;
  read: () => PromiseLike<{ total?: number | undefined }>;
}

function NumberLink({ name, kind, to, read }: NumberLinkProps) {
  const { data, isError } = useQuery({
    queryKey: [kind, 'related', 'number', name],
    queryFn: async () => (await read()).total ?? 0,
  });
  const [path = '', search] = to.split('?');
  return (
    <li>
      <Link to={path} search={Object.fromEntries(new URLSearchParams(search)) as never} className={styles.number}>
        <span className={styles.value}>
          {data === undefined ? isError ? '–' : <Skeleton width="40px" height="20px" /> : formatNumber(data)}
        </span>
        <span className={styles.note}>{t(name)}</span>
      </Link>
    </li>
  );
}
