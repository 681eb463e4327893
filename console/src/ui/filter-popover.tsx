import { lazy, type ReactNode, Suspense, useState } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import bar from './filter-bar.module.css';
import { Icon } from './icon.tsx';

interface FilterPopoverProps {
  /** What is filtered by, such as "Owner". */
  label: string;
  /** The filter that is set, for people; undefined if there is none. */
  value: string | undefined;
  onClear: () => void;
  /** What sets the filter. */
  children: ReactNode;
}

const load = () => import('./popover.tsx');
const Popover = lazy(() => load().then((module) => ({ default: module.Popover })));

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
      onPointerEnter={load}
      onFocus={load}
      onClick={() => setIsUsed(true)}
    >
      {content}
    </button>
  );
  return (
    <span className={bar.chip} data-active={value !== undefined}>
      {isUsed ? (
        <Suspense fallback={trigger}>
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
        </Suspense>
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
