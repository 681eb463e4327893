import { TIME_ZONE } from '../formats/dates.ts';
import { toInstant, toWallTime } from '../formats/zoned-time.ts';
import { currentLocale, t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { FilterPopover } from '../ui/filter-popover.tsx';
import { FilterForm, FilterInput } from './filter-form.tsx';
import styles from './filters.module.css';
import type { FilterProps } from './filters.tsx';
import { type AuditSearch, PERIODS, type Period } from './search.ts';

/** When the change was made: a period up to now, or between two instants. */
export function TimeFilter({ search, onChange }: FilterProps) {
  const { period, from, to } = search;
  const submit = (form: FormData) => {
    const [start, end] = [readLocal(form.get('from')), readLocal(form.get('to'))];
    if (start !== undefined && end !== undefined && start >= end) return t('audit.invalidPeriod');
    onChange({ period: '', from: start, to: end });
    return undefined;
  };
  return (
    <FilterPopover
      label={t('audit.time')}
      value={describe(search)}
      onClear={() => onChange({ period: '', from: undefined, to: undefined })}
    >
      <div className={styles.choices}>
        {(Object.keys(PERIODS) as Period[]).map((one) => (
          <Button
            key={one}
            aria-pressed={one === period}
            onClick={() => onChange({ period: one === period ? '' : one, from: undefined, to: undefined })}
          >
            {t(`audit.period_${one}`)}
          </Button>
        ))}
      </div>
      <FilterForm key={`${from} ${to}`} onSubmit={submit}>
        <FilterInput label={t('audit.from')} name="from" type="datetime-local" defaultValue={toLocal(from)} />
        <FilterInput label={t('audit.to')} name="to" type="datetime-local" defaultValue={toLocal(to)} />
      </FilterForm>
    </FilterPopover>
  );
}

function describe({ period, from, to }: AuditSearch): string | undefined {
  if (period !== '') return t(`audit.period_${period}`);
  const format = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });
  const [start, end] = [from, to].map((iso) => iso && new Date(iso));
  if (start && end) return format.formatRange(start, end);
  if (start) return t('audit.since', { time: format.format(start) });
  return end && t('audit.until', { time: format.format(end) });
}

/** The value of an input of the reader's local time. */
function toLocal(iso: string | undefined): string | undefined {
  return iso && new Date(toWallTime(Date.parse(iso), TIME_ZONE)).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}

/** The instant of such a value; undefined if it is empty. */
function readLocal(value: FormDataEntryValue | null): string | undefined {
  const wall = Date.parse(`${value}Z`);
  return Number.isNaN(wall) ? undefined : new Date(toInstant(wall, TIME_ZONE)).toISOString();
}
