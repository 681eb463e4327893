import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { SERVICE_URL } from '../api/base.ts';
import { api } from '../api/client.ts';
import { TASKS, USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { type Key, t } from '../i18n/t.ts';
import { CodeBlock } from '../record/request-code.tsx';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { lazyDialog } from '../ui/lazy-part.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { newTask, newToken, newUser, type Request } from './examples.ts';
import { Numbers } from './numbers.tsx';
import styles from './start.module.css';

const TaskForm = lazyDialog(() => import('../tasks/task-form.tsx').then((module) => module.TaskForm));
const UserForm = lazyDialog(() => import('../users/user-form.tsx').then((module) => module.UserForm));

type Step = 'user' | 'task' | 'token';

/** The first page: what the service holds, and the first three steps, each in the console or as code. */
export function Page() {
  const [open, setOpen] = useState<Step>();
  const users = useCount(USERS.name, hasScopes(['users:read']), () =>
    api.users.listPage({ perPage: 1, sort: '-userId' }, { count: true }),
  );
  const tasks = useCount(TASKS.name, hasScopes(['tasks:read']), () =>
    api.tasks.listPage({ perPage: 1 }, { count: true }),
  );
  const owner = users?.items[0]?.userId;
  return (
    <div className={styles.page}>
      <header>
        <h1>{t('start.title')}</h1>
        <p className={styles.note}>
          {t('start.address')} <code>{SERVICE_URL.replace(/\/$/, '')}</code> ·{' '}
          <a href={`${SERVICE_URL}docs`}>{t('start.reference')}</a>
        </p>
      </header>
      <Numbers />
      <ol className={styles.steps}>
        {hasScopes(['users:write']) && (
          <StepCard step="user" count={users?.total} request={newUser()}>
            <Button look={users?.total === 0 ? 'primary' : 'normal'} icon="plus" onClick={() => setOpen('user')}>
              {t('start.userAction')}
            </Button>
          </StepCard>
        )}
        {hasScopes(['tasks:write']) && (
          <StepCard step="task" count={tasks?.total} request={newTask(owner)}>
            <Button
              look={tasks?.total === 0 && owner !== undefined ? 'primary' : 'normal'}
              icon="plus"
              disabled={hasScopes(['users:read']) && owner === undefined}
              onClick={() => setOpen('task')}
            >
              {t('start.taskAction')}
            </Button>
          </StepCard>
        )}
        {hasScopes(['admin']) && (
          <StepCard step="token" request={newToken()}>
            <Link to={'/tokens' as string} className={styles.link}>
              {t('start.tokenAction')}
            </Link>
          </StepCard>
        )}
      </ol>
      {open === 'user' && <UserForm onClose={() => setOpen(undefined)} />}
      {open === 'task' && (
        <TaskForm initial={{ userId: owner, due: t('start.taskDue') }} onClose={() => setOpen(undefined)} />
      )}
    </div>
  );
}

function useCount<T>(name: string, isAllowed: boolean, read: () => PromiseLike<T>): T | undefined {
  const { data } = useQuery({
    queryKey: [name, 'related', 'start'],
    queryFn: async () => await read(),
    enabled: isAllowed,
  });
  return data;
}

interface StepCardProps {
  step: Step;
  /** How many there are; undefined while that is read, or if it is not known. */
  count?: number | undefined;
  request: Request;
  /** What does the step in the console. */
  children: ReactNode;
}

function StepCard({ step, count, request, children }: StepCardProps) {
  const isDone = (count ?? 0) > 0;
  return (
    <li className={styles.step}>
      <div className={styles.stepHead}>
        <span className={styles.sign} data-done={isDone}>
          <Icon name={isDone ? 'check' : 'plus'} />
        </span>
        <h2>{t(`start.${step}Title` satisfies Key)}</h2>
        {count === undefined && step !== 'token' && <Skeleton width="48px" />}
        {isDone && <span className={styles.note}>{t(`start.${step as 'user'}Count`, { count: count ?? 0 })}</span>}
      </div>
      <p className={styles.note}>{t(`start.${step}Hint` satisfies Key)}</p>
      <div>{children}</div>
      <CodeBlock request={request} />
    </li>
  );
}
