import type { ReactNode } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import styles from './filter-bar.module.css';
import { Icon } from './icon.tsx';
import { Menu } from './menu.tsx';

/** The line above a list: search, filters, the number of rows, buttons. It wraps on phones. */
export function FilterBar({ children, end }: { children: ReactNode; end?: ReactNode }) {
  return (
    <div className={styles.bar}>
      {children}
      {end !== undefined && <div className={styles.end}>{end}</div>}
    </div>
  );
}

interface FilterChipProps<Value extends string> {
  label: string;
  options: readonly { value: Value; label: string }[];
  selected: readonly Value[];
  onChange: (selected: readonly Value[]) => void;
  /** Whether several values can be selected. */
  isMultiple?: boolean;
}

/** A filter: a menu of its values. With a value it is a chip, which can be removed. */
export function FilterChip<Value extends string>(props: FilterChipProps<Value>) {
  const { label, options, selected, onChange, isMultiple = false } = props;
  const names = options.filter(({ value }) => selected.includes(value)).map((one) => one.label);
  const toggle = (value: Value) => {
    const isSelected = selected.includes(value);
    if (isSelected) return onChange(selected.filter((one) => one !== value));
    onChange(isMultiple ? [...selected, value] : [value]);
  };
  return (
    <span className={styles.chip} data-active={names.length > 0}>
      <Menu
        trigger={
          <button type="button" className={styles.trigger}>
            {names.length === 0 ? label : `${label}: ${names.join(', ')}`}
            <Icon name="chevronDown" size={14} />
          </button>
        }
        groups={[
          {
            actions: options.map((option) => ({
              label: option.label,
              isSelected: selected.includes(option.value),
              run: () => toggle(option.value),
            })),
          },
        ]}
      />
      {names.length > 0 && (
        <IconButton
          icon="close"
          name={t('ui.filterClear', { filter: label })}
          className={styles.remove}
          onClick={() => onChange([])}
        />
      )}
    </span>
  );
}
