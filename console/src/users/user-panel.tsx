import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Task, User } from '#client';
import { type CachedRecord, recordKey } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { nameOf, TASKS, USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { t } from '../i18n/t.ts';
import { History } from '../record/history.tsx';
import { RequestCode } from '../record/request-code.tsx';
import { Button } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { StatusSign } from '../ui/status-chip.tsx';
import { EmailState } from './email-state.tsx';
import styles from './users.module.css';

const TASKS_SHOWN = 10;

interface UserPanelProps {
  userId: number;
  onEdit: (user: User) => void;
  onDelete: (user: User) => void;
}

/** A user: fields, state of the address, open tasks, history, and the last request as code. */
export function UserPanel({ userId, onEdit, onDelete }: UserPanelProps) {
  const { data, error, refetch } = useQuery({
    queryKey: recordKey(USERS, userId),
    queryFn: async (): Promise<CachedRecord<User>> => {
      const { data: record, etag } = await USERS.get(userId).withResponse();
      return { record, etag };
    },
  });
  if (error !== null) {
    const isGone = 'status' in error && error.status === 404;
    return isGone ? (
      <EmptyState title={t('users.gone')} />
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  }
  if (data === undefined) return <SkeletonRows count={4} />;
  if (data === null) return <EmptyState title={t('users.gone')} />;
  const user = data.record;
  return (
    <div className={styles.panel}>
      <header className={styles.header}>
        <Link to={`/users/${userId}` as string} className={styles.number}>
          {t('users.number', { id: String(userId) })}
        </Link>
        <h1 className={styles.name}>{nameOf(user)}</h1>
      </header>
      {hasScopes(['users:write']) && (
        <div className={styles.actions}>
          <Button icon="edit" onClick={() => onEdit(user)} aria-keyshortcuts="e">
            {t('users.edit')}
          </Button>
          <Button icon="trash" onClick={() => onDelete(user)}>
            {t('users.delete')}
          </Button>
        </div>
      )}
      <dl className={styles.fields}>
        <dt>{t('users.contactEmail')}</dt>
        <dd>
          {user.contactEmail}
          <EmailState userId={userId} />
        </dd>
        <dt>{t('users.firstName')}</dt>
        <dd>{user.firstName}</dd>
        <dt>{t('users.lastName')}</dt>
        <dd>{user.lastName}</dd>
      </dl>
      {hasScopes(['tasks:read']) && <UserTasks userId={userId} />}
      <History kind="user" id={userId} />
      <RequestCode path={`/users/${userId}`} />
    </div>
  );
}

/** The next tasks of a user, and a link to all of them. */
function UserTasks({ userId }: { userId: number }) {
  const { data, error, refetch } = useQuery({
    queryKey: [TASKS.name, 'related', 'owner', userId],
    queryFn: ({ signal }) =>
      api.tasks.listPage({ userId, sort: 'dueDate', perPage: TASKS_SHOWN }, { count: true, signal }),
  });
  return (
    <section className={styles.section} aria-labelledby={`tasks-of-${userId}`}>
      <h2 id={`tasks-of-${userId}`}>{t('users.tasks')}</h2>
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <SkeletonRows count={2} />}
      {data?.items.length === 0 && <p className={styles.note}>{t('users.noTasks')}</p>}
      <ul className={styles.tasks}>
        {data?.items.map((task: Task) => (
          <li key={task.taskId}>
            <StatusSign status={task.taskStatus} />
            <span className="visually-hidden">{t(`ui.${task.taskStatus}`)}</span>
            <Link to={`/tasks/${task.taskId}` as string}>{task.taskTitle}</Link>
            <span className={styles.note}>
              <DateTime value={task.dueDate} />
            </span>
          </li>
        ))}
      </ul>
      {data !== undefined && data.items.length > 0 && (
        <Link to="/tasks" search={{ owner: String(userId) } as never}>
          {t('users.allTasks', { count: data.total ?? data.items.length })}
        </Link>
      )}
    </section>
  );
}
