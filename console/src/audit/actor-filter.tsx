import { t } from '../i18n/t.ts';
import { nameOfActor } from '../record/actor.ts';
import { Button } from '../ui/button.tsx';
import { FilterPopover } from '../ui/filter-popover.tsx';
import { FilterForm, FilterInput } from './filter-form.tsx';
import styles from './filters.module.css';
import type { FilterProps } from './filters.tsx';

/** The most characters of an actor in the API. */
const MAX_LENGTH = 200;

/** Who made the change: one of those seen so far, or one that is typed. */
export function ActorFilter({ search, onChange, actors }: FilterProps & { actors: readonly string[] }) {
  const { actor } = search;
  return (
    <FilterPopover
      label={t('audit.actor')}
      value={actor === '' ? undefined : nameOf(actor)}
      onClear={() => onChange({ actor: '' })}
    >
      <div className={styles.actors}>
        {actors.map((one) => (
          <Button
            key={one}
            aria-pressed={one === actor}
            title={one}
            onClick={() => onChange({ actor: one === actor ? '' : one })}
          >
            {nameOf(one)}
          </Button>
        ))}
      </div>
      <FilterForm
        key={actor}
        onSubmit={(form) => {
          onChange({ actor: String(form.get('actor')).trim() });
          return undefined;
        }}
      >
        <FilterInput
          label={t('audit.actorText')}
          name="actor"
          maxLength={MAX_LENGTH}
          placeholder={t('audit.actorExamples')}
          defaultValue={actors.includes(actor) ? '' : actor}
        />
      </FilterForm>
    </FilterPopover>
  );
}

/** An actor in a list of them, where users of the identity provider differ. */
function nameOf(actor: string): string {
  const [hash] = actor.split(' ', 1) as [string];
  return hash.startsWith('jwt:') ? `${nameOfActor(actor)} ${hash.slice(4, 12)}…` : nameOfActor(actor);
}
