import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { BackupStatus, DatabaseStatus, Load, QueuesStatus, Status } from '#client';
import { api } from '../api/client.ts';
import { hasScopes } from '../api/session.ts';
import { formatBytes } from '../formats/bytes.ts';
import { logDate } from '../formats/dates.ts';
import { t } from '../i18n/t.ts';
import { Badge } from '../ui/badge.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import styles from './page.module.css';

/** It has the library that draws. */
const Chart = lazyPart(
  () => import('./chart.tsx').then((module) => module.Chart),
  () => <div className={styles.chart} />,
);

const POLL_INTERVAL_MS = 5_000;
/** The length of an interval of the load. */
const INTERVAL_S = 5;
/** Below this part of the disk, its free space is a warning. */
const LOW_DISK = 0.1;

const ENGINES = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

/** The state of the service. Without the scope `admin`, only whether it is available. */
export function Page() {
  return hasScopes(['admin']) ? <Details /> : <Availability />;
}

function Availability() {
  const { isError, isPending } = useQuery({
    queryKey: ['health', 'ready'],
    queryFn: () => api.health.ready({ deadlineMs: POLL_INTERVAL_MS }),
    refetchInterval: POLL_INTERVAL_MS,
    staleTime: 0,
  });
  if (isPending) return <SkeletonRows count={2} />;
  return (
    <EmptyState title={t(isError ? 'health.unavailable' : 'health.needsAdmin')}>
      {t('health.needsAdminHint')}
    </EmptyState>
  );
}

function Details() {
  const { data, error, refetch } = useQuery({
    queryKey: ['health', 'status'],
    queryFn: () => api.health.status({ deadlineMs: POLL_INTERVAL_MS }),
    refetchInterval: POLL_INTERVAL_MS,
    staleTime: 0,
  });
  if (data === undefined && error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) {
    return (
      <div role="status" aria-label={t('ui.loading')}>
        <SkeletonRows count={8} />
      </div>
    );
  }
  return <StatusView status={data} />;
}

function StatusView({ status: { version, database, queues, backups, process } }: { status: Status }) {
  const since = logDate(process.startedAt);
  return (
    <>
      <PageHeader
        title={t('health.title')}
        description={t('health.description', { version, node: process.nodeVersion, since })}
      />
      <div className={styles.page}>
        <div className={styles.cards}>
          <DatabaseCard database={database} />
          <QueuesCard queues={queues} />
          <BackupsCard backups={backups} />
        </div>
        <LoadSection load={process.load} memoryBytes={process.memoryBytes} />
      </div>
    </>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.card}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function DatabaseCard({ database }: { database: DatabaseStatus }) {
  const { engine, version, sizeBytes, diskFreeBytes, diskTotalBytes } = database;
  return (
    <Card title={t('health.database')}>
      <dl>
        <Fact name={ENGINES[engine]}>{version}</Fact>
        <Fact name={t('health.size')}>{formatBytes(sizeBytes)}</Fact>
        <Fact name={t('health.disk')}>
          {diskFreeBytes === undefined || diskTotalBytes === undefined ? (
            <span className={styles.soft}>{t('health.diskUnknown')}</span>
          ) : (
            <Badge look={diskFreeBytes < diskTotalBytes * LOW_DISK ? 'danger' : 'success'}>
              {t('health.diskFree', { free: formatBytes(diskFreeBytes), total: formatBytes(diskTotalBytes) })}
            </Badge>
          )}
        </Fact>
      </dl>
    </Card>
  );
}

function QueuesCard({ queues }: { queues: QueuesStatus }) {
  return (
    <Card title={t('health.queues')}>
      <dl>
        {(['emails', 'deliveries', 'reminders'] as const).map((name) => (
          <Fact key={name} name={t(`health.${name}`)}>
            <QueueState {...queues[name]} />
          </Fact>
        ))}
      </dl>
    </Card>
  );
}

function QueueState({ pending, dueSince }: { pending?: number; dueSince?: string }) {
  const waiting =
    pending === undefined ? '' : pending === 0 ? t('health.none') : t('health.waiting', { count: pending });
  if (dueSince === undefined) return <Badge look="success">{waiting || t('health.onTime')}</Badge>;
  const late = t('health.late', { time: logDate(dueSince) });
  return <Badge look="warning">{waiting === '' ? late : `${waiting}, ${late}`}</Badge>;
}

function BackupsCard({ backups }: { backups: BackupStatus | undefined }) {
  return (
    <Card title={t('health.backups')}>
      {backups === undefined ? (
        <p className={styles.soft}>{t('health.backupsNone')}</p>
      ) : (
        <dl>
          <Fact name={t('health.lastBackup')}>
            {backups.lastSuccessAt === undefined ? (
              t('health.noBackup', { time: logDate(backups.scheduledSince) })
            ) : (
              <DateTime value={backups.lastSuccessAt} form="relative" />
            )}
          </Fact>
          {backups.failures > 0 && (
            <Fact name="">
              <Badge look="danger">{t('health.failures', { count: backups.failures })}</Badge>
            </Fact>
          )}
        </dl>
      )}
    </Card>
  );
}

function LoadSection({ load, memoryBytes }: { load: Load[]; memoryBytes: number }) {
  const times = load.map(({ at }) => Date.parse(at) / 1000);
  const values = (read: (one: Load) => number | undefined) => load.map((one) => read(one) ?? null);
  return (
    <section className={styles.load}>
      <div>
        <h2>{t('health.load')}</h2>
        <p className={styles.soft}>
          {t('health.loadHint')} {t('health.memory')}: {formatBytes(memoryBytes)}.
        </p>
      </div>
      {load.length === 0 ? (
        <p className={styles.soft}>{t('health.loadEmpty')}</p>
      ) : (
        <div className={styles.charts}>
          <Chart
            name={t('health.requests')}
            times={times}
            lines={[
              { name: t('health.requests'), values: values(({ requests }) => requests / INTERVAL_S) },
              { name: t('health.errors'), values: values(({ errors }) => errors / INTERVAL_S) },
            ]}
          />
          <Chart
            name={t('health.duration')}
            times={times}
            lines={[
              { name: t('health.median'), values: values(({ medianMs }) => medianMs) },
              { name: t('health.p99'), values: values(({ p99Ms }) => p99Ms) },
            ]}
          />
          <Chart
            name={t('health.eventLoop')}
            times={times}
            lines={[{ name: t('health.eventLoop'), values: values(({ eventLoopDelayMs }) => eventLoopDelayMs) }]}
          />
        </div>
      )}
    </section>
  );
}
