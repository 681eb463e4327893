import { useRef } from 'react';
import type { Change } from '#client';
import { api } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import { useUrlState } from '../app/url-state.ts';
import { type ItemProps, useItemKeys } from '../app/use-item-keys.ts';
import { t } from '../i18n/t.ts';
import { IconButton } from '../ui/button.tsx';
import { DateTime, useMinute } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ListStates } from '../ui/list-states.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import table from '../ui/table.module.css';
import { ChangedValues } from './changed-values.tsx';
import { Filters } from './filters.tsx';
import styles from './page.module.css';
import { STATE, toFilter } from './search.ts';
import { Sentence } from './sentence.tsx';

const sequenceOf = ({ sequence }: Change) => sequence;

/** Everything that was changed, newest first. The URL has the filters, and `?entry` is open. */
export function Page() {
  const [{ entry, ...search }, setState] = useUrlState(STATE);
  const filter = toFilter(search, useMinute());
  const { query, items } = useList(['audit', 'page', filter], '-sequence', (page) =>
    api.audit.listPage({ ...page, ...filter }),
  );
  const actors = useActors(items);
  const toggle = ({ sequence }: Change) =>
    setState({ entry: sequence === entry ? undefined : sequence }, { replace: true });
  const itemProps = useItemKeys(items, sequenceOf, toggle);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHeader title={t('audit.title')} description={t('audit.description', { days: t('audit.kept') })}>
        <IconButton icon="refresh" name={t('ui.refresh')} onClick={() => void query.refetch()} />
      </PageHeader>
      <Filters search={search} onChange={setState} actors={actors} isFiltered={isFiltered} />
      <ListStates
        query={query}
        isEmpty={items.length === 0}
        empty={
          <EmptyState title={t(isFiltered ? 'ui.nothingFound' : 'audit.empty')}>
            {t(isFiltered ? 'ui.nothingFoundHint' : 'audit.emptyHint')}
          </EmptyState>
        }
      >
        <ol className={styles.entries}>
          {items.map((change, index) => (
            <Entry
              key={change.sequence}
              change={change}
              item={itemProps(index)}
              isOpen={change.sequence === entry}
              onToggle={() => toggle(change)}
            />
          ))}
        </ol>
      </ListStates>
    </>
  );
}

/** The actors of all entries that this page has shown: with a filter, it shows those of one. */
function useActors(changes: readonly Change[]): readonly string[] {
  const seen = useRef(new Set<string>());
  for (const { actor } of changes) seen.current.add(actor);
  return [...seen.current].sort();
}

interface EntryProps {
  change: Change;
  item: ItemProps;
  isOpen: boolean;
  onToggle: () => void;
}

function Entry({ change, item, isOpen, onToggle }: EntryProps) {
  return (
    <li className={styles.entry} {...item}>
      <div className={styles.line}>
        <p className={styles.sentence}>
          <Sentence change={change} />
        </p>
        <span className={`${table.soft} ${table.nowrap}`}>
          <DateTime value={change.timestamp} form="log" />
        </span>
        <IconButton
          icon={isOpen ? 'chevronDown' : 'chevronRight'}
          name={t('audit.details', { sequence: String(change.sequence) })}
          aria-expanded={isOpen}
          onClick={onToggle}
        />
      </div>
      {isOpen && <ChangedValues change={change} />}
    </li>
  );
}
