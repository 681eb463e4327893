import { Select as BaseSelect } from '@base-ui/react/select';
import { Icon } from './icon.tsx';
import menu from './menu.module.css';
import styles from './select.module.css';

interface SelectProps<Value extends string> {
  options: readonly { value: Value; label: string }[];
  value: Value;
  onChange: (value: Value) => void;
  /** The name for screen readers, if no {@link Field} around it has a label. */
  name?: string;
  isDisabled?: boolean;
}

/** A choice of one value. */
export function Select<Value extends string>({ options, value, onChange, name, isDisabled }: SelectProps<Value>) {
  return (
    <BaseSelect.Root
      items={options}
      value={value}
      onValueChange={(next) => next !== null && onChange(next)}
      disabled={isDisabled ?? false}
      modal={false}
    >
      <BaseSelect.Trigger className={styles.trigger} aria-label={name}>
        <BaseSelect.Value />
        <BaseSelect.Icon className={styles.icon}>
          <Icon name="chevronDown" />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner className={menu.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <BaseSelect.Popup className={`${menu.popup} ${styles.popup}`}>
            <BaseSelect.List>
              {options.map((option) => (
                <BaseSelect.Item key={option.value} value={option.value} className={menu.item}>
                  <span className={menu.mark}>
                    <BaseSelect.ItemIndicator>
                      <Icon name="check" />
                    </BaseSelect.ItemIndicator>
                  </span>
                  <BaseSelect.ItemText className={menu.label}>{option.label}</BaseSelect.ItemText>
                </BaseSelect.Item>
              ))}
            </BaseSelect.List>
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}
