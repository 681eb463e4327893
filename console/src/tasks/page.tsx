import { useCallback, useRef, useState } from 'react';
import type { Task, TaskStatus } from '#client';
import { hasScopes } from '../api/session.ts';
import { useKeys } from '../app/keys.ts';
import { TIME_ZONE } from '../formats/dates.ts';
import { t } from '../i18n/t.ts';
import { DropZone } from '../transfer/drop-zone.tsx';
import { Button } from '../ui/button.tsx';
import { useMinute } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { lazyDialog, lazyModule, lazyPart } from '../ui/lazy-part.tsx';
import { NothingFound } from '../ui/nothing-found.tsx';
import { SplitView } from '../ui/split-view.tsx';
import { CalendarStrip } from './calendar-strip.tsx';
import { onDay } from './due-date.ts';
import { findTasks } from './find-tasks.ts';
import { toFilters } from './list-query.ts';
import styles from './page.module.css';
import { PageActions } from './page-actions.tsx';
import { isFiltered } from './search.ts';
import type { OpenDialog } from './task-dialogs.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskTable } from './task-table.tsx';
import { useFreshCounts } from './use-counts.ts';
import { useSelection } from './use-selection.ts';
import { useTaskSearch } from './use-task-search.ts';
import { ViewTabs } from './view-tabs.tsx';

const TaskDialogs = lazyDialog(() => import('./task-dialogs.tsx').then((module) => module.TaskDialogs));
const actions = lazyModule(() => import('./task-actions.ts'));
const exporter = lazyModule(() => import('./export-tasks.ts'));
const BulkBar = lazyPart(() => import('./bulk-bar.tsx').then((module) => module.BulkBar));
const Board = lazyPart(() => import('./board.tsx').then((module) => module.Board));
const TaskPanel = lazyPart(() => import('./task-panel.tsx').then((module) => module.TaskPanel));

/** The page of tasks: views, filters, a table or a board, and the task that is open beside it. */
export function Page() {
  const { search, change } = useTaskSearch();
  const current = useRef<Task>(undefined);
  const [dialog, setDialog] = useState<OpenDialog>();
  const [total, setTotal] = useState<number>();
  const focusSearch = useRef<() => void>(undefined);
  const canWrite = hasScopes(['tasks:write']);
  const filters = toFilters(search, { now: useMinute(), timeZone: TIME_ZONE });
  const selection = useSelection(JSON.stringify(filters), total);
  const { ids: selected, select } = selection;
  useFreshCounts();

  /** What keys act on: the selection, the task at the cursor, or the open one. */
  const targets = (): Task[] => {
    if (selected.length > 0) return findTasks(selected);
    if (current.current !== undefined) return findTasks([current.current.taskId]);
    return search.task === undefined ? [] : findTasks([search.task]);
  };
  // Not a state of the page: a key that follows at once must act on this task.
  const setCurrent = useCallback((task: Task | undefined) => {
    current.current = task;
  }, []);
  const create = () => setDialog({ kind: 'create', initial: { userId: search.owner } });
  const edit = (tasks: readonly Task[]) => {
    const [task] = tasks;
    if (task !== undefined) setDialog({ kind: 'edit', task });
  };
  const ask = (kind: 'status' | 'due', tasks: readonly Task[]) => {
    if (tasks.length > 0) setDialog({ kind, tasks });
  };
  const remove = (tasks: readonly Task[]) => {
    void actions().then(({ deleteWithUndo }) => deleteWithUndo(tasks));
    select([]);
    if (tasks.some(({ taskId }) => taskId === search.task)) change({ task: undefined }, { replace: true });
  };
  const move = async (tasks: readonly Task[], status: TaskStatus) => {
    if (canWrite) await (await actions()).setStatus(tasks, status);
  };
  const open = useCallback(({ taskId }: Task) => change({ task: taskId }), [change]);
  const close = () => {
    if (search.task === undefined) return false;
    change({ task: undefined });
    return true;
  };
  const otherLayout = search.layout === 'board' ? 'table' : 'board';
  useKeys([
    { keys: '/', name: 'tasks.keySearch', run: () => focusSearch.current?.() },
    { keys: 'b', name: 'tasks.keyLayout', run: () => change({ layout: otherLayout }) },
    ...(canWrite
      ? ([
          { keys: 'c', name: 'tasks.keyCreate', run: create },
          { keys: 'e', name: 'tasks.keyEdit', run: () => edit(targets()) },
          { keys: 's', name: 'tasks.keyStatus', run: () => ask('status', targets()) },
          { keys: 'd', name: 'tasks.keyDue', run: () => ask('due', targets()) },
          { keys: 'Delete', name: 'tasks.keyDelete', run: () => remove(targets()) },
        ] as const)
      : []),
  ]);

  const list = {
    sort: search.sort,
    selected,
    onSelect: select,
    onCurrent: setCurrent,
    onOpen: open,
    onClose: close,
    onTotal: setTotal,
    openId: search.task,
    empty:
      isFiltered(search) || search.view !== 'all' ? (
        <NothingFound
          onClear={() => change({ view: 'all', owner: undefined, status: [], due: undefined, words: '' })}
        />
      ) : (
        <NoTasks onCreate={canWrite ? create : undefined} />
      ),
  };
  return (
    <DropZone className={styles.page} isEnabled={canWrite} onFile={(file) => setDialog({ kind: 'import', file })}>
      <SplitView
        panelLabel={t('tasks.number', { id: String(search.task ?? '') })}
        onClose={close}
        panel={
          search.task === undefined ? undefined : (
            <TaskPanel
              taskId={search.task}
              canWrite={canWrite}
              onEdit={(task) => edit([task])}
              onStatus={(task) => ask('status', [task])}
              onDue={(task) => ask('due', [task])}
              onDelete={(task) => remove([task])}
            />
          )
        }
      >
        <div className={styles.top}>
          <h1 className="visually-hidden">{t('tasks.title')}</h1>
          <ViewTabs view={search.view} onChange={(view) => change({ view })} />
          <PageActions
            layout={search.layout}
            onLayout={(layout) => change({ layout })}
            canWrite={canWrite}
            onCreate={create}
            onFile={(file) => setDialog({ kind: 'import', file })}
          />
        </div>
        <TaskFilters
          search={search}
          change={change}
          focusRef={focusSearch}
          end={
            <span className={styles.total} role="status">
              {total === undefined ? '' : t('tasks.count', { count: total })}
            </span>
          }
        />
        <CalendarStrip
          day={search.due}
          onDay={(due) => change({ due })}
          onMove={async (tasks, day) => (await actions()).moveTo(tasks, ({ dueDate }) => onDay(dueDate, day))}
        />
        {search.layout === 'board' ? (
          <Board {...list} filters={filters} onMove={move} />
        ) : (
          <TaskTable {...list} query={{ ...filters, sort: search.sort }} onSort={(sort) => change({ sort })} />
        )}
        {selected.length > 0 && (
          <BulkBar
            selection={selection}
            query={{ ...filters, sort: search.sort }}
            canWrite={canWrite}
            onStatus={() => ask('status', targets())}
            onDue={() => ask('due', targets())}
            onShift={async (days) => (await actions()).shiftDue(targets(), days)}
            onExport={async () => (await exporter()).exportTasks(targets())}
            onDelete={() => remove(targets())}
          />
        )}
      </SplitView>
      {dialog !== undefined && <TaskDialogs dialog={dialog} onClose={() => setDialog(undefined)} onCreated={open} />}
    </DropZone>
  );
}

function NoTasks({ onCreate }: { onCreate: (() => void) | undefined }) {
  return (
    <EmptyState
      title={t('tasks.none')}
      actions={
        onCreate && (
          <Button look="primary" icon="plus" onClick={onCreate}>
            {t('tasks.new')}
          </Button>
        )
      }
    >
      {t('tasks.noneHint')}
    </EmptyState>
  );
}
