import { Popover } from '@base-ui/react/popover';
import type { ReactNode } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import bar from './filter-bar.module.css';
import styles from './filter-popover.module.css';
import { Icon } from './icon.tsx';
import menu from './menu.module.css';

interface FilterPopoverProps {
  /** What is filtered by, such as "Owner". */
  label: string;
  /** The filter that is set, for people; undefined if there is none. */
  value: string | undefined;
  onClear: () => void;
  /** What sets the filter. */
  children: ReactNode;
}

/** A filter that is not a choice of a few values: a button that opens what sets it, and another that removes it. */
export function FilterPopover({ label, value, onClear, children }: FilterPopoverProps) {
  return (
    <span className={bar.chip} data-active={value !== undefined}>
      <Popover.Root>
        <Popover.Trigger className={bar.trigger}>
          {value === undefined ? label : `${label}: ${value}`}
          <Icon name="chevronDown" size={14} />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner className={menu.positioner} sideOffset={4} align="start">
            <Popover.Popup className={`${menu.popup} ${styles.popup}`} aria-label={label}>
              {children}
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
      {value !== undefined && (
        <IconButton
          icon="close"
          name={t('ui.filterClear', { filter: label })}
          className={bar.remove}
          onClick={onClear}
        />
      )}
    </span>
  );
}
