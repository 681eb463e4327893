import { type ReactNode, useState } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import bar from './filter-bar.module.css';
import { Icon } from './icon.tsx';
import { lazyPart } from './lazy-part.tsx';

interface FilterPopoverProps {
  /** What is filtered by, such as "Owner". */
  label: string;
  /** The filter that is set, for people; undefined if there is none. */
  value: string | undefined;
  onClear: () => void;
  /** What sets the filter. */
  children: ReactNode;
}

const Popover = lazyPart(
  () => import('./popover.tsx').then((module) => module.Popover),
  ({ trigger }) => trigger,
);

/**
 * A filter that is not a choice of a few values: a button that opens what sets it, and another that removes it. Its
 * library is loaded when the pointer or the focus comes near.
 */
export function FilterPopover({ label, value, onClear, children }: FilterPopoverProps) {
  const [isUsed, setIsUsed] = useState(false);
  const content = (
    <>
      {value === undefined ? label : `${label}: ${value}`}
      <Icon name="chevronDown" size={14} />
    </>
  );
  const trigger = (
    <button
      type="button"
      className={bar.trigger}
      aria-haspopup="dialog"
      aria-expanded={false}
      onPointerEnter={Popover.preload}
      onFocus={Popover.preload}
      onClick={() => setIsUsed(true)}
    >
      {content}
    </button>
  );
  return (
    <span className={bar.chip} data-active={value !== undefined}>
      {isUsed ? (
        <Popover
          label={label}
          trigger={
            <button type="button" className={bar.trigger}>
              {content}
            </button>
          }
        >
          {children}
        </Popover>
      ) : (
        trigger
      )}
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
