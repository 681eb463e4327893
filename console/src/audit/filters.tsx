import { recordId } from '../app/url-state.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { FilterBar, FilterChip } from '../ui/filter-bar.tsx';
import { FilterPopover } from '../ui/filter-popover.tsx';
import { ActorFilter } from './actor-filter.tsx';
import { FilterForm, FilterInput } from './filter-form.tsx';
import styles from './filters.module.css';
import { type AuditSearch, CHANGE_TYPES, UNFILTERED } from './search.ts';
import { TimeFilter } from './time-filter.tsx';

export interface FilterProps {
  search: AuditSearch;
  onChange: (changes: Partial<AuditSearch>) => void;
}

interface FiltersProps extends FilterProps {
  /** The actors to choose from. */
  actors: readonly string[];
  isFiltered: boolean;
}

/** What the entries are filtered by. */
export function Filters({ search, onChange, actors, isFiltered }: FiltersProps) {
  return (
    <FilterBar>
      <div className={styles.filters}>
        <FilterChip
          label={t('audit.type')}
          options={CHANGE_TYPES.map((value) => ({ value, label: value }))}
          selected={search.type}
          onChange={(type) => onChange({ type })}
          isMultiple
        />
        <ActorFilter search={search} onChange={onChange} actors={actors} />
        <TimeFilter search={search} onChange={onChange} />
        <IdFilter label={t('audit.filterUser')} id={search.user} onChange={(user) => onChange({ user })} />
        <IdFilter label={t('audit.filterTask')} id={search.task} onChange={(task) => onChange({ task })} />
        {isFiltered && (
          <Button look="plain" onClick={() => onChange(UNFILTERED)}>
            {t('ui.clearFilters')}
          </Button>
        )}
      </div>
    </FilterBar>
  );
}

interface IdFilterProps {
  label: string;
  id: number | undefined;
  onChange: (id: number | undefined) => void;
}

function IdFilter({ label, id, onChange }: IdFilterProps) {
  const submit = (form: FormData) => {
    const text = String(form.get('id')).trim();
    const next = recordId.parse(text);
    if (text !== '' && next === undefined) return t('audit.invalid');
    onChange(next);
    return undefined;
  };
  return (
    <FilterPopover label={label} value={id?.toString()} onClear={() => onChange(undefined)}>
      <FilterForm key={id} onSubmit={submit}>
        <FilterInput label={label} name="id" inputMode="numeric" defaultValue={id} />
      </FilterForm>
    </FilterPopover>
  );
}
