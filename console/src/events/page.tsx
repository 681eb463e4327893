import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ApiEvent } from '#client';
import { EVENT_TYPES } from '../api/event-types.ts';
import { oneOf, useUrlState } from '../app/url-state.ts';
import { type ItemProps, useItemKeys } from '../app/use-item-keys.ts';
import { t } from '../i18n/t.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { FilterChip } from '../ui/filter-bar.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import table from '../ui/table.module.css';
import { useRecentEvents } from './use-recent-events.ts';

const sequenceOf = ({ sequence }: ApiEvent) => sequence;

const STATE = { type: oneOf('', ...EVENT_TYPES) };

/** The latest events, live. `?type` selects one type. */
export function Page() {
  const [{ type }, setState] = useUrlState(STATE);
  const [isPaused, setIsPaused] = useState(false);
  const { events, waiting, isPending, error, refetch } = useRecentEvents(isPaused);
  const shown = type === '' ? events : events.filter((event) => event.type === type);
  return (
    <>
      <PageHeader title={t('events.title')} description={t('events.description')}>
        <FilterChip
          label={t('events.type')}
          options={EVENT_TYPES.map((value) => ({ value, label: value }))}
          selected={type === '' ? [] : [type]}
          onChange={([value]) => setState({ type: value ?? '' })}
        />
        <span role="status">{waiting > 0 && t('events.paused', { count: waiting })}</span>
        <Button onClick={() => setIsPaused(!isPaused)} aria-pressed={isPaused}>
          {t(isPaused ? 'events.resume' : 'events.pause')}
        </Button>
      </PageHeader>
      {isPending ? (
        <SkeletonRows count={8} />
      ) : error !== null && events.length === 0 ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : shown.length === 0 ? (
        <EmptyState
          title={t(type === '' ? 'events.empty' : 'events.emptyFilter')}
          actions={type !== '' && <Button onClick={() => setState({ type: '' })}>{t('events.clearFilter')}</Button>}
        >
          {t(type === '' ? 'events.emptyHint' : 'events.emptyFilterHint')}
        </EmptyState>
      ) : (
        <EventTable events={shown} />
      )}
    </>
  );
}

function EventTable({ events }: { events: readonly ApiEvent[] }) {
  const [open, setOpen] = useState<number>();
  const toggle = ({ sequence }: ApiEvent) => setOpen(sequence === open ? undefined : sequence);
  const itemProps = useItemKeys(events, sequenceOf, toggle);
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>{t('events.event')}</th>
          <th>{t('events.record')}</th>
          <th>{t('events.time')}</th>
          <th>#</th>
          <th className={table.end}>
            <span className="visually-hidden">{t('ui.actions')}</span>
          </th>
        </tr>
      </thead>
      {events.map((event, index) => (
        <EventRows
          key={event.sequence}
          event={event}
          isOpen={event.sequence === open}
          item={itemProps(index)}
          onToggle={() => toggle(event)}
        />
      ))}
    </table>
  );
}

interface EventRowsProps {
  event: ApiEvent;
  item: ItemProps;
  isOpen: boolean;
  onToggle: () => void;
}

function EventRows({ event, item, isOpen, onToggle }: EventRowsProps) {
  const { sequence, type, timestamp, data } = event;
  return (
    <tbody>
      <tr {...item}>
        <td>
          <code>{type}</code>
        </td>
        <td>
          <RecordLink data={data} />
        </td>
        <td className={`${table.soft} ${table.nowrap}`}>
          <DateTime value={timestamp} form="log" />
        </td>
        <td className={`${table.soft} ${table.wide}`}>{sequence}</td>
        <td className={table.end}>
          <IconButton
            icon={isOpen ? 'chevronDown' : 'chevronRight'}
            name={t('events.details', { sequence: String(sequence) })}
            aria-expanded={isOpen}
            onClick={onToggle}
          />
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={5}>
            <JsonView value={event} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function RecordLink({ data }: { data: ApiEvent['data'] }) {
  if ('taskId' in data) {
    const title = 'taskTitle' in data ? data.taskTitle : t('events.task', { id: String(data.taskId) });
    return <Link to={`/tasks/${data.taskId}` as string}>{title}</Link>;
  }
  const name =
    'firstName' in data ? `${data.firstName} ${data.lastName}` : t('events.user', { id: String(data.userId) });
  return <Link to={`/users/${data.userId}` as string}>{name}</Link>;
}
